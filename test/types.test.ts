import { test } from 'node:test'
import { expectTypeOf } from 'expect-type'
import * as v from 'valibot'
import type { Hex } from 'viem'
import { parseAbiItem } from 'viem/utils'
import { assign, createActor, setup } from 'xstate'
import { defineConfig, fireHook, hook, pawl, type HandlerContext } from 'pawl'
import { evm } from 'pawl/evm'
import { simulateChain, type SimulatedEvent } from 'pawl/testing'

const transfer = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)')
const url = 'http://127.0.0.1:8545'
const address = '0x0000000000000000000000000000000000000001'

type SystemHook = 'on_restart' | 'on_reindex' | 'on_synchronized' | 'on_index_rollback'

// All of it inline, as users write it: what is inferred there is not what a constant of its own gets.
const config = defineConfig({
  indexes: {
    transfers: {
      datasource: evm({ url, logs: [{ address, event: transfer }] }),
      handler: (_ctx, block) => {
        for (const { args, eventName } of block.logs) {
          expectTypeOf(args).toEqualTypeOf<{ from: Hex; to: Hex; value: bigint }>()
          expectTypeOf(eventName).toEqualTypeOf<'Transfer'>()
        }
        // @ts-expect-error: without `blocks: 'full'` there are no transactions
        void block.transactions
      },
    },
    simulated: {
      datasource: simulateChain({ seed: 1 }).datasource(),
      handler: (_ctx, block) => {
        expectTypeOf(block.events).toEqualTypeOf<readonly SimulatedEvent[]>()
      },
    },
  },
  hooks: {
    stats: hook({ args: { major: v.boolean(), depth: v.number() }, run() {} }),
    trim: hook({ args: { keep: v.optional(v.number(), 10) }, run() {} }),
    refresh: hook({ run() {} }),
  },
  jobs: {
    nightly: { hook: 'stats', args: { major: true, depth: 10 }, crontab: '0 0 * * *' },
    minutely: { hook: 'refresh', interval: 60 },
  },
})

// Types only: nothing of this is ever started.
const root = createActor(pawl(config))

test('FIRE_HOOK takes the hooks of the config, with their arguments', () => {
  root.send({ type: 'FIRE_HOOK', hook: 'stats', args: { major: true, depth: 10 } })
  root.send({ type: 'FIRE_HOOK', hook: 'stats', args: { major: true, depth: 10 }, id: 'mine' })
  root.send({ type: 'FIRE_HOOK', hook: 'trim' })
  root.send({ type: 'FIRE_HOOK', hook: 'trim', args: { keep: 3 } })
  root.send({ type: 'FIRE_HOOK', hook: 'refresh' })
  root.send({ type: 'FIRE_HOOK', hook: 'refresh', args: {} })
  root.send({ type: 'REINDEX' })
  root.send({ type: 'STOP' })
  root.send({ type: 'REINDEX', redeliver: true })
  root.send({ type: 'RESTART' })
  root.send({ type: 'FIRE_HOOK', hook: 'trim', wait: false })
  root.send({ type: 'FIRE_HOOK', hook: 'trim', wait: false, key: 'today' })
  // @ts-expect-error: a key is of a durable firing
  root.send({ type: 'FIRE_HOOK', hook: 'trim', key: 'today' })
  // @ts-expect-error: outside a level there is nothing to count confirmations from
  root.send({ type: 'FIRE_HOOK', hook: 'trim', wait: false, confirmations: 3 })
  // @ts-expect-error: no such hook
  root.send({ type: 'FIRE_HOOK', hook: 'stat', args: { major: true, depth: 10 } })
  // @ts-expect-error: a system hook cannot be fired
  root.send({ type: 'FIRE_HOOK', hook: 'on_restart' })
  // @ts-expect-error: 'depth' is missing
  root.send({ type: 'FIRE_HOOK', hook: 'stats', args: { major: true } })
  // @ts-expect-error: 'args' is missing
  root.send({ type: 'FIRE_HOOK', hook: 'stats' })
  // @ts-expect-error: Type 'string' is not assignable to type 'number'
  root.send({ type: 'FIRE_HOOK', hook: 'stats', args: { major: true, depth: '10' } })
  // @ts-expect-error: 'kep' does not exist
  root.send({ type: 'FIRE_HOOK', hook: 'trim', args: { kep: 3 } })
  // @ts-expect-error: the hook takes no arguments
  root.send({ type: 'FIRE_HOOK', hook: 'refresh', args: { keep: 3 } })
  // @ts-expect-error: the arguments of another hook
  root.send({ type: 'FIRE_HOOK', hook: 'trim', args: { major: true, depth: 10 } })
  // @ts-expect-error: no such command
  root.send({ type: 'HALT' })
  // @ts-expect-error: the root's own parts send this
  root.send({ type: 'FATAL', error: new Error('not for users') })
})

test('fireHook takes the same', () => {
  expectTypeOf(() => fireHook(root, 'stats', { major: true, depth: 10 })).returns.resolves.toBeVoid()
  void (() => [fireHook(root, 'trim'), fireHook(root, 'trim', { keep: 3 }), fireHook(root, 'refresh')])
  void (() => fireHook(root, 'trim', undefined, { wait: false }))
  void (() => fireHook(root, 'stats', { major: true, depth: 10 }, { wait: false, key: 'today' }))
  // @ts-expect-error: outside a level there is nothing to count confirmations from
  void (() => fireHook(root, 'trim', {}, { wait: false, confirmations: 3 }))
  // @ts-expect-error: no such hook
  void (() => fireHook(root, 'stat', { major: true, depth: 10 }))
  // @ts-expect-error: a system hook cannot be fired
  void (() => fireHook(root, 'on_reindex'))
  // @ts-expect-error: 'depth' is missing
  void (() => fireHook(root, 'stats', { major: true }))
  // @ts-expect-error: the arguments are missing
  void (() => fireHook(root, 'stats'))
  // @ts-expect-error: Type 'number' is not assignable to type 'boolean'
  void (() => fireHook(root, 'stats', { major: 1, depth: 10 }))
  // @ts-expect-error: 'more' does not exist
  void (() => fireHook(root, 'stats', { major: true, depth: 10, more: 1 }))
  // @ts-expect-error: the hook takes no arguments
  void (() => fireHook(root, 'refresh', { keep: 3 }))
})

test('jobs written inline take the hooks of the same config, with their arguments', () => {
  const hooks = {
    stats: hook({ args: { depth: v.number() }, run() {} }),
  }
  defineConfig({ hooks, jobs: { nightly: { hook: 'stats', args: { depth: 1 }, interval: 1 } } })
  // @ts-expect-error: no such hook
  defineConfig({ hooks, jobs: { nightly: { hook: 'stat', args: { depth: 1 }, interval: 1 } } })
  // @ts-expect-error: no such argument
  defineConfig({ hooks, jobs: { nightly: { hook: 'stats', args: { dept: 1 }, interval: 1 } } })
  // @ts-expect-error: Type 'boolean' is not assignable to type 'number'
  defineConfig({ hooks, jobs: { nightly: { hook: 'stats', args: { depth: true }, interval: 1 } } })
  // @ts-expect-error: 'args' is missing
  defineConfig({ hooks, jobs: { nightly: { hook: 'stats', interval: 1 } } })
  defineConfig({
    hooks: { refresh: hook({ run() {} }) },
    // @ts-expect-error: the hook takes no arguments
    jobs: { hourly: { hook: 'refresh', args: { keep: 3 }, interval: 1 } },
  })
})

test('a daemon has no rules of fire times, and a retry says how often', () => {
  const hooks = { refresh: hook({ run() {} }) }
  const daemon = { hook: 'refresh', daemon: true } as const
  defineConfig({ hooks, jobs: { d: { ...daemon, when: 'syncing', paused: true, retry: { delay: '5s' } } } })
  // @ts-expect-error: it runs once at a time
  void (() => defineConfig({ hooks, jobs: { d: { ...daemon, maxInstances: 2 } } }))
  // @ts-expect-error: it has no fire times
  void (() => defineConfig({ hooks, jobs: { d: { ...daemon, coalesce: false } } }))
  // @ts-expect-error: it is always started again
  void (() => defineConfig({ hooks, jobs: { d: { ...daemon, retry: { attempts: 3 } } } }))
  // @ts-expect-error: 'attempts' is missing
  void (() => defineConfig({ hooks, jobs: { j: { hook: 'refresh', interval: 1, retry: { delay: 5 } } } }))
  defineConfig({ hooks, jobs: { j: { hook: 'refresh', interval: 1, retry: { attempts: 2, delay: 5 } } } })
})

test('events carry the names of the config', () => {
  root.on('hook.failed', (event) => {
    expectTypeOf(event.hook).toEqualTypeOf<'stats' | 'trim' | 'refresh' | SystemHook>()
    expectTypeOf(event.firing).toBeString()
    expectTypeOf(event.duration).toBeNumber()
    expectTypeOf(event.error).toBeUnknown()
    // @ts-expect-error: that is a property of hook.started
    void event.args
  })
  root.on('hook.started', ({ args }) => {
    expectTypeOf(args).toEqualTypeOf<Readonly<Record<string, unknown>>>()
  })
  root.on('job.fired', ({ job, fireTime }) => {
    expectTypeOf(job).toEqualTypeOf<'nightly' | 'minutely'>()
    expectTypeOf(fireTime).toEqualTypeOf<Date | undefined>()
  })
  root.on('index.rolledBack', ({ index, toLevel }) => {
    expectTypeOf(index).toEqualTypeOf<'transfers' | 'simulated'>()
    expectTypeOf(toLevel).toBeNumber()
  })
  root.on('*', (event) => {
    if (event.type === 'job.failed') expectTypeOf(event.job).toEqualTypeOf<'nightly' | 'minutely'>()
  })
  // @ts-expect-error: no such event
  root.on('hook.fail', () => {})
  // @ts-expect-error: no such name
  root.on('job.fired', ({ job }) => job === 'hourly')
  // @ts-expect-error: no such name
  root.on('hook.finished', (event) => event.hook === 'stat')
})

test('a handler of batches gets the blocks of its datasource', () => {
  const datasource = simulateChain({ seed: 1 }).datasource()
  defineConfig({
    indexes: {
      batches: {
        datasource,
        batch: true,
        handler: (_ctx, blocks) => {
          expectTypeOf(blocks.at(0)?.events).toEqualTypeOf<readonly SimulatedEvent[] | undefined>()
        },
      },
      single: {
        datasource,
        batch: false,
        handler: (_ctx, block) => {
          expectTypeOf(block.events).toEqualTypeOf<readonly SimulatedEvent[]>()
        },
      },
    },
  })
})

test('rows are what columns can hold, and upserts have a key', () => {
  const write = ({ insert, upsert }: HandlerContext): void => {
    insert('transfer', {
      level: 1,
      amount: 10n,
      at: new Date(),
      raw: new Uint8Array(),
      tags: ['a'],
      doc: { a: 1 },
      none: null,
    })
    insert('transfer', [{ level: 1 }, { level: 2 }])
    upsert('balance', { account: 'a', amount: 1n }, { key: 'account', add: 'amount' })
    upsert('balance', [], { key: ['chain', 'account'], add: ['amount'], keep: ['first'] })
    // @ts-expect-error: a column without a value
    insert('transfer', { level: undefined })
    // @ts-expect-error: no key
    upsert('balance', { account: 'a' }, { add: 'amount' })
    // @ts-expect-error: no row
    insert('transfer', 'level')
  }
  expectTypeOf(write).returns.toBeVoid()
})

test('hooks without arguments get none', () => {
  hook({
    run: (_ctx, args) => {
      // @ts-expect-error: there is no such argument
      void args.anything
    },
  })
})

test('a root has its place in a machine of the user', () => {
  const machine = setup({
    types: { context: {} as { failure: unknown } },
    actors: { pawl: pawl(config) },
  }).createMachine({
    context: { failure: undefined },
    invoke: { src: 'pawl', onError: { actions: assign({ failure: ({ event }) => event.error }) } },
  })
  expectTypeOf(createActor(machine).getSnapshot().context.failure).toBeUnknown()
  setup({ actors: { pawl: pawl(config) } }).createMachine({
    // @ts-expect-error: no such actor
    invoke: { src: 'pawn' },
  })
})

test('the snapshot tells the state of the lifecycle', () => {
  const { state } = root.getSnapshot().context
  expectTypeOf(state).toEqualTypeOf<
    | 'starting'
    | 'restart'
    | 'reindex'
    | 'syncing'
    | 'synchronized'
    | 'rollback'
    | 'stopping'
    | 'stopped'
    | 'failed'
  >()
})
