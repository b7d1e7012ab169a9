import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { checkConfig } from '../../src/config/check-config.ts'
import { beside, ponderProgress, reportedProgress, squidProgress } from '../../src/datasources/beside.ts'
import { evm } from '../../src/datasources/evm.ts'
import { replay } from '../../src/datasources/replay.ts'
import { tzkt } from '../../src/datasources/tzkt.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { hook } from '../../src/hooks/hook.ts'
import { statelyInspector } from '../../src/stately.ts'
import { expectRollback, runHook, simulateChain, TestClock, testDatabase } from '../../src/testing/index.ts'

// As JavaScript calls them: what a compiler would refuse.
// oxlint-disable-next-line typescript/no-explicit-any
const js = (value: unknown): any => value

async function told(make: () => unknown): Promise<readonly string[]> {
  try {
    await make()
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error))
    return error.issues.map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}

const url = 'http://localhost:8545'
const file = fileURLToPath(import.meta.url)
const chain = evm({ url })
const database = 'postgres://localhost/app'

test('an option that there is not is refused by name, with the nearest that there is', async () => {
  const slips: readonly (readonly [string, () => unknown])[] = [
    ['evm.polInterval: "pollInterval"', () => evm(js({ url, polInterval: 1 }))],
    ['evm.logs[0].adress: "address"', () => evm(js({ url, logs: [{ adress: '0x', event: 'event A()' }] }))],
    ['replay.hold_back: "holdBack"', () => replay(js({ file, hold_back: 1 }))],
    ['tzkt.websocket: "webSocket"', () => tzkt(js({ url, websocket: false }))],
    ['beside.lags: "lag"', () => beside(js({ indexer: reportedProgress('mine'), chain, lags: 1 }))],
    ['ponderProgress.shema: "schema"', () => ponderProgress(js({ database, shema: 'app' }))],
    ['squidProgress.state_schema: "stateSchema"', () => squidProgress(js({ database, state_schema: 'app' }))],
    ['simulateChain.lenght: "length"', () => simulateChain(js({ seed: 1, lenght: 9 }))],
    ['fail.time: "times"', () => simulateChain({ seed: 1 }).fail(js({ time: 2 }))],
    ['hang.methods: "method"', () => simulateChain({ seed: 1 }).hang(js({ methods: 'head' }))],
    ['statelyInspector.prot: "port"', () => statelyInspector(js(undefined), js({ prot: 1 }))],
    ['runHook.data_base: "database"', () => runHook({}, js('a'), {}, js({ data_base: 1 }))],
    ['expectRollback.depth: "depths"', () => expectRollback(() => ({}), js({ depth: [1] }))],
    ['testDatabase.servers: "server"', () => testDatabase(js({ servers: '' }))],
    ['TestClock.begin: "start"', () => new TestClock(js({ begin: 1, starts: 0 }))],
  ]
  for (const [expected, make] of slips) {
    const [path = '', known = ''] = expected.split(': ')
    const messages = (await told(make)).join('\n')
    assert.ok(messages.includes(`${path}: unknown key`), `${expected}, got ${messages}`)
    assert.ok(messages.includes(known), `${expected}, got ${messages}`)
  }
})

test('all that is wrong with the options is told at once, and what would be right', async () => {
  assert.deepEqual(
    await told(() => evm(js({ url, logs: {}, blocks: 'ful', batchSize: 0, headers: { a: 1 }, clock: {} }))),
    [
      'evm.logs: expected an array, got an empty object',
      `evm.blocks: expected 'header' or 'full', got "ful"`,
      'evm.batchSize: expected a whole number of 1 or more, got 0',
      'evm.headers: expected an object with a text for each header, all of it as HTTP can send it (no line breaks, nothing beyond Latin-1), got an object',
      'evm.clock: expected an object with now(), setTimeout(), clearTimeout(), got an empty object',
    ],
  )
  assert.deepEqual(await told(() => replay(js({ file, live: { after: 1, intervall: 5 }, finality: -1 }))), [
    'replay.finality: expected a whole number of 0 or more, got -1',
    'replay.live: expected { after, interval }: a number of arrivals, and ms, each a whole number of 1 or more, got an object',
  ])
  assert.deepEqual(await told(() => evm(js({ url, logs: ['event A()'] }))), [
    'evm.logs[0]: expected { address, event }, got "event A()"',
  ])
  assert.deepEqual(await told(() => beside(js({ indexer: {}, chain: url }))), [
    'beside.indexer: expected what ponderProgress({ … }), squidProgress({ … }) or reportedProgress(…) gives, got an empty object',
    'beside.chain: expected what evm({ … }) or another datasource gives, got "http://localhost:8545"',
  ])
})

test('what is no object of options is told as that', async () => {
  for (const make of [evm, tzkt, replay, beside, simulateChain] as const) {
    assert.deepEqual(await told(() => js(make)(url)), [
      `${make.name}: expected ${make.name}({ … }), with an object of options; got "http://localhost:8545"`,
    ])
    assert.equal((await told(() => js(make)())).length, 1)
  }
})

const wrong = (config: unknown) => told(() => checkConfig(config))

test('what hook() was given is refused with the name of the hook', async () => {
  const run = (): void => {}
  assert.deepEqual(
    await wrong({
      hooks: {
        stats: hook(js({ run, atomc: true, retry: { attemps: 3 } })),
        move: hook(js({ run, atomic: null, maxConcurrency: null, retry: 5 })),
        clean: hook(js(run)),
        none: hook(js(undefined)),
      },
    }),
    [
      'hooks.stats.atomc: unknown key – did you mean "atomic"?',
      'hooks.stats.retry.attemps: unknown key – did you mean "attempts"?',
      'hooks.move.atomic: expected true or false, got null',
      'hooks.move.maxConcurrency: expected a whole number of 1 or more, got null',
      'hooks.move.retry: expected an object with attempts, and delay, got 5',
      'hooks.clean.run: expected a function (ctx, args) => …, but there is none',
      'hooks.none.run: expected a function (ctx, args) => …, but there is none',
    ],
  )
})

test('a generator is no callback: nothing of it would run', async () => {
  const run = function* (): Generator<undefined> {}
  async function* handler(): AsyncGenerator<undefined> {}
  const source = { description: 'a source', head() {}, blocks: handler }
  const got = 'got a generator (function*), which runs nothing when it is called'
  assert.deepEqual(
    await wrong({
      hooks: { stats: hook(js({ run, onReverted: run })) },
      on_restart: handler,
      indexes: { a: { datasource: source, handler } },
    }),
    [
      `indexes.a.handler: expected a function (ctx, block) => …, ${got}`,
      `on_restart: expected a function (ctx) => …, ${got}`,
      `hooks.stats.run: expected a function (ctx, args) => …, ${got}`,
      `hooks.stats.onReverted: expected a function (ctx, args) => …, ${got}`,
    ],
  )
})

test("a slip in the name of a datasource's method is refused; what it has of its own is not", async () => {
  const source = { description: 'a source', head() {}, blocks() {}, finalised() {}, cache: 1, reset() {} }
  const indexes = { a: { datasource: source, handler() {}, lastlevel: 1 } }
  assert.deepEqual(await wrong({ indexes }), [
    'indexes.a.lastlevel: unknown key – did you mean "lastLevel"?',
    'indexes.a.datasource.finalised: a datasource has no such method – did you mean "finalized"?',
  ])
})
