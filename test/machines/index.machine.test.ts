import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor, createMachine, type AnyActorRef } from 'xstate'
import { indexMachine, type AdvanceWork, type IndexReport } from '../../machines/index.machine.ts'
import { ManualClock } from './manual-clock.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(indexMachine)
const passes = new Error('passes')
const stays = new Error('stays')

function start() {
  const slots = new Slots()
  const reports: IndexReport[] = []
  const clock = new ManualClock()
  const parent = createActor(
    createMachine({
      invoke: {
        id: 'index',
        src: indexMachine.provide({
          actors: {
            prepare: slots.fill('prepare'),
            advance: slots.fill('advance'),
            waitForHead: slots.fill('waitForHead'),
          },
          guards: {
            mayPass: (_, { error }) => error === passes,
            mayPassWhileStopping: ({ context }, { error }) => context.stopping && error === passes,
          },
        }),
        input: { runtime: undefined, index: 'transfers' },
      },
      on: { '*': { actions: ({ event }) => void reports.push(event as unknown as IndexReport) } },
    }),
    { inspect: watch, clock },
  ).start()
  const index = parent.getSnapshot().children['index'] as AnyActorRef
  const regions = () => index.getSnapshot().value as { readonly work: unknown; readonly phase: unknown }
  const value = (): unknown => regions().work
  const phase = (): unknown => regions().phase
  const told = (): string[] => reports.map(({ type }) => type).filter((type) => type.startsWith('INDEX_'))
  return { slots, index, value, phase, told, clock, reports }
}

function startSynchronized() {
  const started = start()
  started.slots.last('prepare').settle()
  started.slots.last('advance').settle({ type: 'head' })
  return started
}

test('catches up, then follows the head', () => {
  const { slots, value, phase, told } = startSynchronized()
  assert.deepEqual([value(), phase()], ['waiting', { synchronized: 'certain' }])
  slots.last('waitForHead').settle()
  assert.deepEqual([value(), phase()], ['indexing', { synchronized: 'uncertain' }])
  slots.last('advance').settle({ type: 'head' })
  assert.deepEqual([value(), phase()], ['waiting', { synchronized: 'certain' }])
  assert.deepEqual(told(), ['INDEX_SYNCING', 'INDEX_SYNCHRONIZED'])
})

test('a hiccup while it is synchronized changes nothing but that it is told', () => {
  for (const failing of ['waitForHead', 'advance', 'prepare']) {
    const { slots, value, phase, told, clock } = startSynchronized()
    slots.last('waitForHead')[failing === 'waitForHead' ? 'fail' : 'settle'](passes)
    if (failing !== 'waitForHead') slots.last('advance').fail(passes)
    clock.advance(500)
    if (failing === 'prepare') {
      slots.last('prepare').fail(passes)
      clock.advance(1_000)
    }
    slots.last('prepare').settle()
    slots.last('advance').settle({ type: 'head' })
    assert.deepEqual([value(), phase()], ['waiting', { synchronized: 'certain' }])
    const retrying = failing === 'prepare' ? 2 : 1
    assert.deepEqual(
      told().slice(2),
      Array.from({ length: retrying }, () => 'INDEX_RETRYING'),
    )
    // What was uncertain for a while is not any more.
    clock.advance(60_000)
    assert.equal(told().length, 2 + retrying)
  }
})

test('one that is not seen at its head for 15 s is syncing, whatever keeps it, and nothing is cut off', () => {
  const { slots, value, phase, told, clock } = startSynchronized()
  slots.last('waitForHead').settle()
  const long = slots.last('advance')
  clock.advance(14_999)
  assert.deepEqual(phase(), { synchronized: 'uncertain' })
  clock.advance(1)
  assert.deepEqual([value(), phase()], ['indexing', 'syncing'])
  assert.equal(slots.last('advance'), long)
  assert.equal(long.drained, false)
  long.settle({ type: 'head' })
  assert.deepEqual(phase(), { synchronized: 'certain' })
  assert.deepEqual(told(), ['INDEX_SYNCING', 'INDEX_SYNCHRONIZED', 'INDEX_SYNCING', 'INDEX_SYNCHRONIZED'])

  slots.last('waitForHead').fail(passes)
  for (const delay of [500, 1_000, 2_000, 4_000]) {
    clock.advance(delay)
    slots.last('prepare').fail(passes)
  }
  assert.deepEqual(phase(), { synchronized: 'uncertain' })
  clock.advance(7_500)
  assert.deepEqual([value(), phase()], ['backingOff', 'syncing'])
  assert.deepEqual(told().slice(-2), ['INDEX_RETRYING', 'INDEX_SYNCING'])
})

test('nothing is told of one that has ended', () => {
  for (const end of ['STOP', 'stays'] as const) {
    const { slots, index, phase, told, clock } = startSynchronized()
    slots.last('waitForHead').settle()
    if (end === 'STOP') index.send({ type: 'STOP' })
    slots.last('advance').fail(end === 'STOP' ? passes : stays)
    const last = told().at(-1)
    assert.equal(phase(), 'ended')
    clock.advance(60_000)
    assert.equal(told().at(-1), last)
  }
})

test('attempts are forgotten once a level was committed since, and where there was nothing to commit', () => {
  const { slots, index, clock, reports } = start()
  /** Advances again, which fails; before that it commits a level, or comes to an end. @returns which attempt that was */
  const attempt = (before?: 'commits' | 'head' | 'reorg') => {
    slots.last('prepare').settle()
    if (before === 'commits') (slots.last('advance').input as AdvanceWork).onProgress?.()
    if (before === 'head') {
      slots.last('advance').settle({ type: 'head' })
      slots.last('waitForHead').settle()
    }
    if (before === 'reorg') {
      slots.last('advance').settle({ type: 'reorg', fromLevel: 2, toLevel: 1 })
      index.send({ type: 'ROLLED_BACK' })
    }
    slots.last('advance').fail(passes)
    const told = reports.findLast((report) => report.type === 'INDEX_RETRYING')
    clock.advance(30_000)
    return told?.attempt
  }
  assert.deepEqual(
    [attempt(), attempt(), attempt('commits'), attempt(), attempt('head'), attempt(), attempt('reorg')],
    [1, 2, 1, 2, 1, 2, 1],
  )
})

test('it asks to be told of progress only where attempts are remembered', () => {
  const { slots, clock } = start()
  slots.last('prepare').settle()
  assert.equal((slots.last('advance').input as AdvanceWork).onProgress, undefined)
  slots.last('advance').fail(passes)
  clock.advance(500)
  slots.last('prepare').settle()
  assert.notEqual((slots.last('advance').input as AdvanceWork).onProgress, undefined)
})

for (const when of ['catching up', 'following'] as const) {
  const reach = () => {
    const started = when === 'following' ? startSynchronized() : start()
    started.slots.last(when === 'following' ? 'waitForHead' : 'prepare').settle()
    return started
  }

  test(`stands still at a reorg while ${when}, until it is undone`, () => {
    const { slots, index, value, phase, reports } = reach()
    slots.last('advance').settle({ type: 'reorg', fromLevel: 9, toLevel: 7 })
    assert.deepEqual([value(), phase()], ['reorged', 'syncing'])
    assert.deepEqual(
      reports.find(({ type }) => type === 'INDEX_REORGED'),
      {
        type: 'INDEX_REORGED',
        index: 'transfers',
        fromLevel: 9,
        toLevel: 7,
      },
    )
    index.send({ type: 'ROLLED_BACK' })
    assert.equal(value(), 'indexing')
  })

  test(`finishes at its last level while ${when}`, () => {
    const { slots, value, told, index } = reach()
    slots.last('advance').settle({ type: 'lastLevel' })
    assert.equal(value(), 'finished')
    assert.equal(told().at(-1), 'INDEX_SYNCHRONIZED')
    index.send({ type: 'STOP' })
    assert.equal(value(), 'stopped')
  })

  for (const type of ['stopped', 'head', 'lastLevel', 'reorg']) {
    test(`stops at a level boundary while ${when}, and not before, whatever comes of it (${type})`, () => {
      const { slots, index, value, told } = reach()
      index.send({ type: 'STOP' })
      assert.notEqual(value(), 'stopped')
      assert.equal(slots.last('advance').drained, true)
      slots.last('advance').settle({ type })
      assert.equal(value(), 'stopped')
      assert.equal(told().at(-1), 'INDEX_STOPPED')
    })
  }

  test(`an error while stopping while ${when} ends it, told only when it would stay`, () => {
    for (const error of [passes, stays]) {
      const { slots, index, value, told } = reach()
      index.send({ type: 'STOP' })
      slots.last('advance').fail(error)
      assert.equal(value(), error === passes ? 'stopped' : 'failed')
      assert.equal(told().includes('INDEX_FAILED'), error === stays)
    }
  })
}

test('stops at once where no level is in flight', () => {
  for (const reach of [
    () => start(),
    () => startSynchronized(),
    () => {
      const started = startSynchronized()
      started.slots.last('waitForHead').fail(passes)
      return started
    },
    () => {
      const started = start()
      started.slots.last('prepare').settle()
      started.slots.last('advance').settle({ type: 'reorg', fromLevel: 2, toLevel: 1 })
      return started
    },
  ]) {
    const { index, value } = reach()
    index.send({ type: 'STOP' })
    assert.equal(value(), 'stopped')
  }
})

test('backs off longer each time from what may pass, and says so', () => {
  const { slots, value, clock, reports } = start()
  for (const delay of [500, 1_000, 2_000]) {
    slots.last('prepare').fail(passes)
    assert.equal(value(), 'backingOff')
    assert.deepEqual(reports.at(-1), {
      type: 'INDEX_RETRYING',
      index: 'transfers',
      attempt: Math.log2(delay / 500) + 1,
      delay,
      error: passes,
    })
    clock.advance(delay - 1)
    assert.equal(value(), 'backingOff')
    clock.advance(1)
    assert.equal(value(), 'preparing')
  }
})

test('fails at what stays', () => {
  const { slots, value, reports } = start()
  slots.last('prepare').settle()
  slots.last('advance').fail(stays)
  assert.equal(value(), 'failed')
  assert.deepEqual(reports.at(-2), { type: 'INDEX_FAILED', index: 'transfers', error: stays })
})
