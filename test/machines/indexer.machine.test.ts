import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor, createMachine, fromCallback, type AnyActorRef } from 'xstate'
import { indexerMachine, type IndexerReport, type Prepared } from '../../machines/indexer.machine.ts'
import type { IndexReport } from '../../machines/index.machine.ts'
import { ManualClock } from './manual-clock.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(indexerMachine)

/** What cannot be rolled back, where the policy wipes. */
const DEEP = new Error('too deep')
/** What may pass. */
const LOST = new Error('the connection was lost')

/** An indexer of the indexes `a` and `b`, which say what the test lets them say. */
function start(prepared: Partial<Prepared> = {}) {
  const slots = new Slots()
  const reports: IndexerReport[] = []
  const commands: string[] = []
  const forgotten: string[] = []
  const clock = new ManualClock()
  const parent = createActor(
    createMachine({
      invoke: {
        id: 'indexer',
        src: indexerMachine.provide({
          actors: {
            index: fromCallback(({ receive, input }) => {
              const { index } = input as { index: string }
              receive(({ type }) => commands.push(`${index} ${type}`))
            }) as never,
            prepare: slots.fill('prepare'),
            reindex: slots.fill('reindex'),
            fireSystemHook: slots.fill('fireSystemHook'),
            fail: slots.fill('fail'),
          },
          guards: {
            mustReindex: (_, { error }) => error === DEEP,
            triesAgain: ({ context }, { error }) => context.ending === undefined && error === LOST,
            mayPassWhileEnding: ({ context }, { error }) => context.ending !== undefined && error === LOST,
          },
          actions: { forgetIndex: (_, { index }) => void forgotten.push(index) },
        }),
        input: { runtime: undefined, indexes: ['a', 'b'] },
        onError: {},
      },
      on: { '*': { actions: ({ event }) => void reports.push(event as unknown as IndexerReport) } },
    }),
    { inspect: watch, clock },
  ).start()
  const indexer = parent.getSnapshot().children['indexer'] as AnyActorRef
  return {
    slots,
    commands,
    forgotten,
    clock,
    reports,
    value: (): unknown => indexer.getSnapshot().value,
    status: () => indexer.getSnapshot().status,
    states: () => reports.flatMap((report) => (report.type === 'LIFECYCLE' ? [report.state] : [])),
    send: (event: { readonly type: string; readonly [detail: string]: unknown }) => indexer.send(event),
    say: (...said: IndexReport[]) => {
      for (const report of said) indexer.send(report)
    },
    hookRunning: () => slots.last('fireSystemHook'),
    retries: () => reports.filter((report) => report.type === 'LIFECYCLE_RETRYING'),
    prepare: () => slots.last('prepare').settle({ reindex: undefined, ...prepared }),
  }
}

const isRollingBack = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'rollback' in value

type Started = ReturnType<typeof start>
const synchronized = (index: string): IndexReport => ({ type: 'INDEX_SYNCHRONIZED', index })
const reorged = (index: string): IndexReport => ({ type: 'INDEX_REORGED', index, fromLevel: 9, toLevel: 7 })
const stopped = (index: string): IndexReport => ({ type: 'INDEX_STOPPED', index })

function startSyncing(): Started {
  const started = start()
  started.prepare()
  started.hookRunning().settle()
  return started
}

function startSynchronized(): Started {
  const started = startSyncing()
  started.say(synchronized('a'), synchronized('b'))
  started.hookRunning().settle()
  return started
}

test('restart, syncing, synchronized, in this order', () => {
  const { states, value } = startSynchronized()
  assert.deepEqual(states(), ['restart', 'syncing', 'synchronized'])
  assert.deepEqual(value(), { synchronized: 'settled' })
})

test('a new database is made first, then on_restart', () => {
  const { prepare, slots, states } = start({ reindex: 'first_start' })
  prepare()
  assert.deepEqual(slots.last('reindex').input, {
    runtime: undefined,
    reason: 'first_start',
    redeliver: false,
    failures: 0,
  })
  slots.last('reindex').settle()
  slots.last('prepare').settle({ reindex: undefined })
  assert.deepEqual(states(), ['restart', 'reindex', 'restart'])
  assert.deepEqual(slots.calls('fireSystemHook').length, 1)
})

test('synchronized needs every index, and is left when one falls back', () => {
  const { say, value, states, hookRunning } = startSyncing()
  say(synchronized('a'))
  assert.equal(value(), 'syncing')
  say(synchronized('b'))
  assert.deepEqual(value(), { synchronized: 'firing' })
  hookRunning().settle()
  say({ type: 'INDEX_SYNCING', index: 'a' })
  assert.equal(value(), 'syncing')
  say(synchronized('a'))
  assert.deepEqual(states().slice(1), ['syncing', 'synchronized', 'syncing', 'synchronized'])
})

test('reorgs are undone one after the other, none skipped, on_synchronized not interrupted', () => {
  const { say, value, hookRunning, commands } = startSyncing()
  say(synchronized('a'), synchronized('b'))
  say(reorged('a'), reorged('b'))
  assert.deepEqual(value(), { synchronized: 'firing' })
  hookRunning().settle()
  assert.deepEqual(value(), { rollback: 'firing' })
  assert.deepEqual(hookRunning().input, {
    runtime: undefined,
    hook: 'on_index_rollback',
    args: ['a', 9, 7],
    failures: 0,
  })
  hookRunning().settle()
  assert.deepEqual(commands, ['a ROLLED_BACK'])
  assert.deepEqual(value(), { rollback: 'firing' })
  hookRunning().settle()
  assert.deepEqual(commands, ['a ROLLED_BACK', 'b ROLLED_BACK'])
  assert.equal(value(), 'syncing')
})

test('STOP in a settled state ends the indexes, then the indexer', () => {
  for (const reach of [startSyncing, startSynchronized]) {
    const { send, say, value, commands, status } = reach()
    send({ type: 'STOP' })
    assert.equal(value(), 'ending')
    assert.deepEqual(commands, ['a STOP', 'b STOP'])
    say(stopped('a'))
    assert.equal(value(), 'ending')
    say(stopped('b'))
    assert.equal(status(), 'done')
  }
})

test('STOP while work runs drains it and waits for it', () => {
  const reaches: (() => Started & { running: string })[] = [
    () => ({ ...start(), running: 'prepare' }),
    () => {
      const started = start()
      started.prepare()
      return { ...started, running: 'fireSystemHook' }
    },
    () => {
      const started = start({ reindex: 'first_start' })
      started.prepare()
      return { ...started, running: 'reindex' }
    },
    () => {
      const started = startSyncing()
      started.say(synchronized('a'), synchronized('b'))
      return { ...started, running: 'fireSystemHook' }
    },
    () => {
      const started = startSynchronized()
      started.say(reorged('a'))
      return { ...started, running: 'fireSystemHook' }
    },
  ]
  for (const reach of reaches) {
    const { send, say, slots, running, status } = reach()
    send({ type: 'STOP' })
    assert.equal(slots.last(running).drained, true)
    assert.equal(status(), 'active')
    slots.last(running).settle({ reindex: undefined })
    say(stopped('a'), stopped('b'))
    assert.equal(status(), 'done')
  }
})

test('REINDEX ends the indexes, wipes, and starts them anew', () => {
  for (const reach of [startSyncing, startSynchronized]) {
    const { send, say, slots, value, hookRunning, states } = reach()
    send({ type: 'REINDEX' })
    say(stopped('a'), stopped('b'))
    assert.deepEqual(value(), { reindex: 'making' })
    assert.deepEqual(slots.last('reindex').input, {
      runtime: undefined,
      reason: 'manual',
      redeliver: false,
      failures: 0,
    })
    slots.last('reindex').settle()
    slots.last('prepare').settle({ reindex: undefined })
    hookRunning().settle()
    assert.equal(value(), 'syncing')
    assert.deepEqual(states().slice(-3), ['reindex', 'restart', 'syncing'])
  }
})

test('REINDEX while work runs waits for it', () => {
  const reaches: (() => Started)[] = [
    () => start(),
    () => {
      const started = startSyncing()
      started.say(synchronized('a'), synchronized('b'))
      return started
    },
    () => {
      const started = startSynchronized()
      started.say(reorged('a'))
      return started
    },
  ]
  for (const reach of reaches) {
    const { send, say, slots, value } = reach()
    send({ type: 'REINDEX' })
    const running = slots.calls('fireSystemHook').length === 0 ? 'prepare' : 'fireSystemHook'
    slots.last(running).settle({ reindex: undefined })
    say(stopped('a'), stopped('b'))
    assert.deepEqual(value(), { reindex: 'making' })
  }
})

test('RESTART ends the indexes, and begins again with on_restart', () => {
  for (const reach of [startSyncing, startSynchronized]) {
    const { send, say, slots, value, hookRunning, states, prepare } = reach()
    send({ type: 'RESTART' })
    say(stopped('a'), stopped('b'))
    assert.deepEqual(value(), { restart: 'preparing' })
    prepare()
    assert.equal((hookRunning().input as { hook: string }).hook, 'on_restart')
    hookRunning().settle()
    assert.deepEqual(states().slice(-2), ['restart', 'syncing'])
    assert.equal(slots.calls('reindex').length, 0)
  }
})

test('REINDEX and RESTART during a reindex are that one', () => {
  const { prepare, send, slots, value } = start({ reindex: 'first_start' })
  prepare()
  send({ type: 'REINDEX' })
  send({ type: 'RESTART' })
  slots.last('reindex').settle()
  assert.deepEqual(value(), { restart: 'preparing' })
  slots.last('prepare').settle({ reindex: undefined })
  assert.deepEqual(value(), { restart: 'firing' })
})

test('of what ends the indexes, STOP outweighs REINDEX, and that RESTART, in any order', () => {
  const orders = [
    ['RESTART', 'REINDEX', 'STOP'],
    ['STOP', 'REINDEX', 'RESTART'],
    ['REINDEX', 'RESTART'],
    ['RESTART', 'REINDEX'],
  ]
  for (const order of orders) {
    const { send, say, status, value } = startSynchronized()
    for (const type of order) send({ type })
    say(stopped('a'), stopped('b'))
    if (order.includes('STOP')) assert.equal(status(), 'done', String(order))
    else assert.deepEqual(value(), { reindex: 'making' }, String(order))
  }
})

test('REINDEX carries whether keys are delivered again', () => {
  const { send, say, slots } = startSynchronized()
  send({ type: 'REINDEX', redeliver: true })
  send({ type: 'REINDEX' })
  say(stopped('a'), stopped('b'))
  assert.deepEqual(slots.last('reindex').input, {
    runtime: undefined,
    reason: 'manual',
    redeliver: true,
    failures: 0,
  })
})

test('an index that is added starts at once where the others run, else with them', () => {
  const added = { type: 'INDEX_ADDED', index: 'c' }
  const atRollback = (): Started => {
    const started = startSynchronized()
    started.say(reorged('a'))
    return started
  }
  for (const reach of [startSyncing, startSynchronized, atRollback]) {
    const { send, say, slots, value } = reach()
    send(added)
    if (isRollingBack(value())) slots.last('fireSystemHook').settle()
    assert.equal(value(), 'syncing')
    say(synchronized('a'), synchronized('b'), synchronized('c'))
    assert.deepEqual(value(), { synchronized: 'firing' })
    send({ type: 'STOP' })
    slots.last('fireSystemHook').settle()
    say(stopped('a'), stopped('b'))
    assert.equal(value(), 'ending')
  }
  const { prepare, send, hookRunning, say, value } = start()
  prepare()
  send(added)
  hookRunning().settle()
  say(synchronized('a'), synchronized('b'))
  assert.equal(value(), 'syncing')
  say(synchronized('c'))
  assert.deepEqual(value(), { synchronized: 'firing' })
})

test('where others follow indexes, too, it is synchronized when theirs and its own are', () => {
  const { send, say, slots, value } = startSyncing()
  send({ type: 'FLEET', synchronized: false })
  say(synchronized('a'), synchronized('b'))
  assert.equal(value(), 'syncing')
  send({ type: 'FLEET', synchronized: true })
  assert.deepEqual(value(), { synchronized: 'firing' })
  send({ type: 'FLEET', synchronized: false })
  assert.deepEqual(value(), { synchronized: 'firing' })
  slots.last('fireSystemHook').settle()
  assert.equal(value(), 'syncing')
})

test('an index that is removed ends, and nobody waits for it any more', () => {
  const { send, say, value, commands, forgotten } = startSyncing()
  say(synchronized('a'))
  send({ type: 'INDEX_REMOVED', index: 'b' })
  assert.deepEqual(commands, ['b STOP'])
  assert.deepEqual(forgotten, [])
  say(stopped('b'))
  assert.deepEqual(forgotten, ['b'])
  assert.deepEqual(value(), { synchronized: 'firing' })
  send({ type: 'INDEX_ADDED', index: 'b' })
  assert.deepEqual(value(), { synchronized: 'firing' })
})

test('one that has failed, or does not run yet, is removed at once', () => {
  const failed = startSyncing()
  failed.say({ type: 'INDEX_FAILED', index: 'b', error: new Error('down') })
  failed.send({ type: 'INDEX_REMOVED', index: 'b' })
  assert.deepEqual(failed.forgotten, ['b'])
  failed.say(synchronized('a'))
  assert.deepEqual(failed.value(), { synchronized: 'firing' })

  const early = start()
  early.send({ type: 'INDEX_REMOVED', index: 'b' })
  assert.deepEqual(early.forgotten, ['b'])
  early.prepare()
  early.hookRunning().settle()
  early.say(synchronized('a'))
  assert.deepEqual(early.value(), { synchronized: 'firing' })
})

test('one whose reorg waits is rolled back before it is removed', () => {
  for (const removeFirst of [false, true]) {
    const { send, say, value, commands, hookRunning } = startSynchronized()
    const remove = (): void => send({ type: 'INDEX_REMOVED', index: 'b' })
    say(reorged('a'), reorged('b'))
    if (removeFirst) remove()
    hookRunning().settle()
    if (!removeFirst) remove()
    assert.deepEqual(commands, ['a ROLLED_BACK'])
    assert.deepEqual((hookRunning().input as { args: unknown }).args, ['b', 9, 7])
    hookRunning().settle()
    assert.deepEqual(commands, ['a ROLLED_BACK', 'b STOP'])
    say(stopped('b'), synchronized('a'))
    assert.deepEqual(value(), { synchronized: 'firing' })
  }
})

test('a system hook that throws ends the indexes and fails the indexer', () => {
  const { hookRunning, say, value, slots } = startSyncing()
  say(synchronized('a'), synchronized('b'))
  const error = new Error('on_synchronized threw')
  hookRunning().fail(error)
  assert.equal(value(), 'ending')
  say(stopped('a'), stopped('b'))
  assert.equal(value(), 'failed')
  assert.deepEqual(slots.last('fail').input, { error })
})

test('one failed index leaves the others; when all have failed, so has the indexer', () => {
  const { say, value, slots, reports } = startSyncing()
  const failed = (index: string): IndexReport => ({
    type: 'INDEX_FAILED',
    index,
    error: new Error(`${index} failed`),
  })
  say(failed('a'), synchronized('b'))
  assert.equal(value(), 'syncing')
  say({ type: 'INDEX_RETRYING', index: 'b', attempt: 1, delay: 500, error: new Error('down') })
  say(failed('b'))
  assert.equal(value(), 'failed')
  assert.match(String((slots.last('fail').input as { error: Error }).error), /b failed/)
  assert.deepEqual(
    reports.map(({ type }) => type).filter((type) => type.startsWith('INDEX')),
    ['INDEX_FAILED', 'INDEX_RETRYING', 'INDEX_FAILED'],
  )
})

test('what cannot be rolled back is wiped, where the policy says so', () => {
  const failed = startSynchronized()
  failed.say({ type: 'INDEX_FAILED', index: 'a', error: DEEP })
  assert.equal(failed.value(), 'ending')
  assert.deepEqual(failed.commands, ['b STOP'])
  failed.say(stopped('b'))
  const reason = { runtime: undefined, reason: 'rollback', redeliver: false, failures: 0 }
  assert.deepEqual(failed.slots.last('reindex').input, reason)
  failed.slots.last('reindex').settle()
  failed.prepare()
  failed.hookRunning().settle()
  failed.say(synchronized('a'), synchronized('b'))
  assert.deepEqual(failed.value(), { synchronized: 'firing' })

  const reverting = startSynchronized()
  reverting.say(reorged('a'))
  reverting.hookRunning().fail(DEEP)
  reverting.say(stopped('a'), stopped('b'))
  assert.deepEqual(reverting.slots.last('reindex').input, reason)
})

test('a rollback that fails otherwise fails the indexer', () => {
  const { say, hookRunning, value } = startSynchronized()
  say(reorged('a'))
  hookRunning().fail(new Error('a slip of the user'))
  say(stopped('a'), stopped('b'))
  assert.equal(value(), 'failed')
})

test('a rollback that may succeed later is tried again with back-off, and holds nothing else up', () => {
  const { say, hookRunning, slots, value, clock, reports, commands, states } = startSynchronized()
  say(reorged('a'))
  const before = slots.calls('fireSystemHook').length
  for (const [failures, delay] of [500, 1_000, 2_000].entries()) {
    hookRunning().fail(LOST)
    const retrying = { type: 'INDEX_RETRYING', index: 'a', attempt: failures + 1, delay, error: LOST }
    assert.deepEqual(reports.at(-1), retrying)
    say({ type: 'INDEX_SYNCING', index: 'b' }, synchronized('b'))
    clock.advance(delay - 1)
    assert.deepEqual(value(), { rollback: 'backingOff' })
    clock.advance(1)
    assert.deepEqual(value(), { rollback: 'firing' })
    assert.deepEqual((hookRunning().input as { args: unknown }).args, ['a', 9, 7])
  }
  assert.equal(slots.calls('fireSystemHook').length, before + 3)
  hookRunning().settle()
  assert.deepEqual(commands, ['a ROLLED_BACK'])
  say(synchronized('a'))
  assert.deepEqual(states().slice(-3, -2), ['rollback'])

  // The next one begins to count anew.
  hookRunning().settle()
  say(reorged('b'))
  hookRunning().fail(LOST)
  assert.deepEqual(reports.at(-1), {
    type: 'INDEX_RETRYING',
    index: 'b',
    attempt: 1,
    delay: 500,
    error: LOST,
  })
  clock.advance(500)
  hookRunning().fail(new Error('a slip of the user'))
  say(stopped('a'), stopped('b'))
  assert.equal(value(), 'failed')
})

test('nobody who ends it waits for a rollback that is to be tried again', () => {
  for (const type of ['STOP', 'REINDEX', 'RESTART']) {
    for (const whileItRuns of [false, true]) {
      const { send, say, hookRunning, value, status, clock, slots, reports } = startSynchronized()
      say(reorged('a'))
      if (whileItRuns) send({ type })
      hookRunning().fail(LOST)
      if (!whileItRuns) send({ type })
      assert.equal(value(), 'ending', type)
      assert.equal(
        reports.some(({ type: told }) => told === 'INDEX_RETRYING'),
        !whileItRuns,
      )
      const fired = slots.calls('fireSystemHook').length
      clock.advance(60_000)
      assert.equal(slots.calls('fireSystemHook').length, fired)
      say(stopped('a'), stopped('b'))
      if (type === 'STOP') assert.equal(status(), 'done')
      else assert.deepEqual(value(), type === 'REINDEX' ? { reindex: 'making' } : { restart: 'preparing' })
    }
  }
})

for (const [what, reach, slot, state] of [
  ['reading what is stored', () => start(), 'prepare', { restart: 'preparing' }],
  [
    'on_restart',
    () => {
      const started = start()
      started.prepare()
      return started
    },
    'fireSystemHook',
    // Whatever was lost: what is stored is looked at again.
    { restart: 'preparing' },
  ],
  [
    'the making of the database',
    () => {
      const started = start({ reindex: 'first_start' })
      started.prepare()
      return started
    },
    'reindex',
    { reindex: 'making' },
  ],
  [
    'on_synchronized',
    () => {
      const started = startSyncing()
      started.say(synchronized('a'), synchronized('b'))
      return started
    },
    'fireSystemHook',
    { synchronized: 'firing' },
  ],
] as const) {
  const name = Object.keys(state)[0] as 'restart' | 'reindex' | 'synchronized'
  const isPreparing = name === 'restart'

  test(`${what}: what may pass is waited for, longer each time, and told`, () => {
    const { slots, value, clock, retries, prepare, states } = reach()
    const before = states()
    for (const [failures, delay] of [500, 1_000, 2_000].entries()) {
      slots.last(slot).fail(LOST)
      assert.deepEqual(retries().at(-1), {
        type: 'LIFECYCLE_RETRYING',
        state: name,
        attempt: failures + 1,
        delay,
        error: LOST,
      })
      assert.deepEqual(value(), { [name]: 'backingOff' })
      clock.advance(delay - 1)
      assert.deepEqual(value(), { [name]: 'backingOff' })
      clock.advance(1)
      assert.deepEqual(value(), state)
      if (isPreparing && slot !== 'prepare') prepare()
    }
    assert.deepEqual(states(), before)
    slots.last(slot).settle({ reindex: undefined })
    assert.equal(retries().length, 3)
  })

  test(`${what}: an error that stays fails it, also behind one that passed`, () => {
    const { slots, value, clock, prepare, say } = reach()
    slots.last(slot).fail(LOST)
    clock.advance(500)
    if (isPreparing && slot !== 'prepare') prepare()
    slots.last(slot).fail(new Error('a slip of the user'))
    say(stopped('a'), stopped('b'))
    assert.equal(value(), 'failed')
  })

  test(`${what}: nobody who ends it waits for it to be tried again`, () => {
    for (const whileItRuns of [false, true]) {
      const { slots, send, say, status, clock, retries } = reach()
      if (whileItRuns) send({ type: 'STOP' })
      slots.last(slot).fail(LOST)
      if (!whileItRuns) send({ type: 'STOP' })
      clock.advance(60_000)
      if (status() === 'active') say(stopped('a'), stopped('b'))
      assert.equal(status(), 'done')
      assert.equal(retries().length, whileItRuns ? 0 : 1)
    }
  })
}

test('how often a system hook has failed is told it, and counted anew in each state', () => {
  const { hookRunning, clock, say } = startSyncing()
  const failures = () => (hookRunning().input as { failures: number }).failures
  say(synchronized('a'), synchronized('b'))
  assert.equal(failures(), 0)
  hookRunning().fail(LOST)
  clock.advance(500)
  assert.equal(failures(), 1)
  hookRunning().fail(LOST)
  say(reorged('a'))
  assert.deepEqual(hookRunning().input, {
    runtime: undefined,
    hook: 'on_index_rollback',
    args: ['a', 9, 7],
    failures: 0,
  })
})

test('on_synchronized that waits to be fired again is overtaken by what leaves the state, and fired at the next entry', () => {
  const { hookRunning, say, value, slots, send, clock } = startSyncing()
  say(synchronized('a'), synchronized('b'))
  const fired = slots.calls('fireSystemHook').length
  hookRunning().fail(LOST)
  say({ type: 'INDEX_SYNCING', index: 'a' })
  assert.equal(value(), 'syncing')
  clock.advance(60_000)
  assert.equal(slots.calls('fireSystemHook').length, fired)
  say(synchronized('a'))
  assert.deepEqual(value(), { synchronized: 'firing' })
  assert.equal((hookRunning().input as { failures: number }).failures, 0)
  send({ type: 'STOP' })
})
