import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor } from 'xstate'
import type { LifecycleState, PawlEvent } from '../../src/events.ts'
import { rootMachine } from '../../machines/root.machine.ts'
import { ManualClock } from './manual-clock.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(rootMachine)
const PARTS = ['indexer', 'hooks', 'scheduler'] as const
const DRAIN_TIMEOUT = 4_000

function start() {
  const slots = new Slots()
  const clock = new ManualClock()
  const events: PawlEvent[] = []
  const refused: string[] = []
  const changes: unknown[] = []
  const root = createActor(
    rootMachine.provide({
      actors: {
        open: slots.fill('open'),
        close: slots.fill('close'),
        indexer: slots.fill('indexer'),
        hooks: slots.fill('hooks'),
        scheduler: slots.fill('scheduler'),
        fail: slots.fill('fail'),
      },
      actions: {
        refuse: (_, { commands }) => void refused.push(...commands.map(({ type }) => type)),
        changeIndexes: (_, change) => void changes.push(...change.changes),
      },
    }),
    { input: { drainTimeout: DRAIN_TIMEOUT, indexes: ['a'] }, inspect: watch, clock },
  )
  root.on('*', (event) => events.push(event))
  root.start()
  const lifecycle = (state: LifecycleState): void => root.send({ type: 'LIFECYCLE', state })
  const endParts = (): void => {
    for (const part of PARTS) slots.last(part).settle()
  }
  return {
    root,
    slots,
    clock,
    events,
    refused,
    changes,
    lifecycle,
    endParts,
    value: () => root.getSnapshot().value,
  }
}

function startRunning() {
  const started = start()
  started.slots.last('open').settle('runtime')
  return started
}

test('what is lost while it opens ends it, whether there is something to close or not', () => {
  for (const runtime of ['runtime', undefined]) {
    const { root, slots, value } = start()
    let error: unknown
    root.subscribe({ error: (thrown) => (error = thrown) })
    root.send({ type: 'FATAL', error: 'the lease is lost' })
    assert.equal(slots.last('open').drained, true)
    slots.last('open').settle(runtime)
    if (runtime !== undefined) {
      assert.equal(value(), 'closing')
      slots.last('close').settle()
    }
    assert.equal(value(), 'failed')
    assert.deepEqual(slots.last('fail').input, { error: 'the lease is lost' })
    slots.last('fail').fail('the lease is lost')
    assert.equal(error, 'the lease is lost')
  }
})

test('opens, runs three parts, drains them all, closes, is done', () => {
  const { root, slots, events, lifecycle, endParts, value } = startRunning()
  for (const part of PARTS) {
    const indexes = part === 'indexer' ? { indexes: ['a'] } : {}
    assert.deepEqual(slots.last(part).input, { runtime: 'runtime', ...indexes })
  }
  lifecycle('restart')
  lifecycle('syncing')
  lifecycle('synchronized')
  root.send({ type: 'REINDEX' })
  root.send({ type: 'STOP' })
  assert.deepEqual(value(), { running: 'draining' })
  for (const part of PARTS) assert.equal(slots.last(part).drained, true, part)
  endParts()
  assert.equal(value(), 'closing')
  slots.last('close').settle()
  assert.equal(root.getSnapshot().status, 'done')
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'lifecycle' ? [event.state] : [])),
    ['restart', 'syncing', 'synchronized', 'stopping', 'stopped'],
  )
})

test('the hooks end last: the other parts may fire until they have ended', () => {
  const { root, slots } = startRunning()
  const hooks = () => slots.last('hooks').received
  root.send({ type: 'STOP' })
  slots.last('indexer').settle()
  assert.deepEqual(hooks(), [{ type: 'DRAIN' }])
  slots.last('scheduler').settle()
  assert.deepEqual(hooks(), [{ type: 'DRAIN' }, { type: 'END' }])
})

test('a part that does not drain is cut off after the drain timeout', () => {
  const { root, slots, clock, value } = startRunning()
  root.send({ type: 'STOP' })
  slots.last('hooks').settle()
  clock.advance(DRAIN_TIMEOUT - 1)
  assert.deepEqual(value(), { running: 'draining' })
  clock.advance(1)
  assert.equal(value(), 'closing')
})

test('a part that fails drains the others, and fails the root with its error', () => {
  for (const failing of PARTS) {
    const { slots, value } = startRunning()
    const error = new Error(`${failing} failed`)
    slots.last(failing).fail(error)
    assert.deepEqual(value(), { running: 'draining' })
    for (const part of PARTS) if (part !== failing) slots.last(part).settle()
    slots.last('close').settle()
    assert.equal(value(), 'failed')
    assert.deepEqual(slots.last('fail').input, { error })
  }
})

test('a fatal error drains and fails; the first error is the one that is kept', () => {
  const { root, slots, endParts } = startRunning()
  const lost = new Error('the lease is lost')
  root.send({ type: 'FATAL', error: lost })
  root.send({ type: 'FATAL', error: new Error('follows from it') })
  endParts()
  slots.last('close').settle()
  assert.deepEqual(slots.last('fail').input, { error: lost })
})

test('fails when it cannot open, or cannot close', () => {
  const unreachable = new Error('unreachable')
  const opening = start()
  opening.slots.last('open').fail(unreachable)
  assert.equal(opening.value(), 'failed')
  assert.deepEqual(opening.slots.last('fail').input, { error: unreachable })

  const closing = startRunning()
  closing.root.send({ type: 'STOP' })
  closing.endParts()
  closing.slots.last('close').fail(unreachable)
  assert.equal(closing.value(), 'failed')
})

test('STOP while opening ends without having run', () => {
  const { root, slots } = start()
  root.send({ type: 'STOP' })
  assert.equal(slots.last('open').drained, true)
  slots.last('open').settle(undefined)
  assert.equal(root.getSnapshot().status, 'done')
})

test('STOP that comes when the opening can no longer be stopped closes what was opened', () => {
  const { root, slots, value } = start()
  root.send({ type: 'STOP' })
  slots.last('open').settle('runtime')
  assert.equal(value(), 'closing')
  assert.deepEqual(slots.last('close').input, { runtime: 'runtime' })
  assert.deepEqual(slots.calls('indexer'), [])
  slots.last('close').settle()
  assert.equal(root.getSnapshot().status, 'done')
})

test('REINDEX while opening is kept', () => {
  const { root, slots } = start()
  root.send({ type: 'REINDEX' })
  slots.last('open').settle('runtime')
  assert.deepEqual(slots.last('indexer').received, [{ type: 'REINDEX' }])
})

test('what is fired while opening is kept, while closing refused', () => {
  const { root, slots, refused, endParts } = start()
  root.send({ type: 'FIRE_HOOK', hook: 'early' })
  slots.last('open').settle('runtime')
  root.send({ type: 'FIRE_HOOK', hook: 'running' })
  root.send({ type: 'STOP' })
  endParts()
  root.send({ type: 'FIRE_HOOK', hook: 'late' })
  assert.deepEqual(refused, ['FIRE_HOOK'])
})

test('changes of jobs go to the scheduler, kept while opening, refused while closing', () => {
  const { root, slots, refused, endParts } = start()
  const commands = [
    { type: 'ADD_JOB', job: 'a', config: { hook: 'hook', interval: 5 } },
    { type: 'REMOVE_JOB', job: 'b' },
    { type: 'RESCHEDULE_JOB', job: 'c', trigger: { interval: 5 } },
    { type: 'PAUSE_JOB', job: 'd' },
    { type: 'RESUME_JOB', job: 'e' },
    { type: 'RUN_JOB', job: 'f' },
  ] as const
  for (const command of commands) root.send(command)
  slots.last('open').settle('runtime')
  for (const command of commands) root.send(command)
  assert.deepEqual(slots.last('scheduler').received, [...commands, ...commands])
  root.send({ type: 'STOP' })
  endParts()
  for (const command of commands) root.send(command)
  assert.deepEqual(
    refused,
    commands.map(({ type }) => type),
  )
})

test('changes of indexes are carried out, kept while opening, refused while stopping', () => {
  const { root, slots, refused, changes, endParts } = start()
  const commands = [
    { type: 'ADD_INDEX', index: 'a', config: {} as never },
    { type: 'REMOVE_INDEX', index: 'b' },
  ] as const
  for (const command of commands) root.send(command)
  assert.deepEqual(changes, [])
  slots.last('open').settle('runtime')
  for (const command of commands) root.send(command)
  assert.deepEqual(changes, [...commands, ...commands])
  root.send({ type: 'STOP' })
  for (const command of commands) root.send(command)
  endParts()
  assert.deepEqual(
    refused,
    commands.map(({ type }) => type),
  )
})

test('what callbacks and the registry of indexes tell goes to the indexer', () => {
  const { root, slots } = startRunning()
  const told = [
    { type: 'INDEX_ADDED', index: 'a' },
    { type: 'INDEX_REMOVED', index: 'b' },
    { type: 'FLEET', synchronized: false },
    { type: 'RESTART' },
    { type: 'REINDEX', redeliver: true },
  ] as const
  for (const event of told) root.send(event)
  assert.deepEqual(slots.last('indexer').received, told)
})

test('passes on what its parts tell', () => {
  const { root, events } = startRunning()
  root.send({ type: 'EMIT', event: { type: 'reindex', reason: 'manual' } })
  const error = new Error('down')
  root.send({ type: 'INDEX_RETRYING', index: 'a', attempt: 1, delay: 500, error })
  root.send({ type: 'LIFECYCLE_RETRYING', state: 'restart', attempt: 1, delay: 500, error })
  root.send({ type: 'INDEX_FAILED', index: 'a', error })
  assert.deepEqual(
    events.map(({ type }) => type),
    ['reindex', 'index.retrying', 'lifecycle.retrying', 'index.failed'],
  )
})
