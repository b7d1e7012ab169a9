import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor, createMachine, type AnyActorRef } from 'xstate'
import { indexMachine, type IndexReport } from '../../machines/index.machine.ts'
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
  const value = (): unknown => index.getSnapshot().value
  const told = (): string[] => reports.map(({ type }) => type).filter((type) => type.startsWith('INDEX_'))
  return { slots, index, value, told, clock, reports }
}

function startSynchronized() {
  const started = start()
  started.slots.last('prepare').settle()
  started.slots.last('advance').settle({ type: 'head' })
  return started
}

test('catches up, then follows the head', () => {
  const { slots, value, told } = startSynchronized()
  assert.deepEqual(value(), { synchronized: 'waiting' })
  slots.last('waitForHead').settle()
  assert.deepEqual(value(), { synchronized: 'following' })
  slots.last('advance').settle({ type: 'head' })
  assert.deepEqual(value(), { synchronized: 'waiting' })
  assert.deepEqual(told(), ['INDEX_SYNCING', 'INDEX_SYNCHRONIZED'])
})

for (const phase of ['catching up', 'following'] as const) {
  const reach = () => {
    const started = phase === 'following' ? startSynchronized() : start()
    started.slots.last(phase === 'following' ? 'waitForHead' : 'prepare').settle()
    return started
  }

  test(`stands still at a reorg while ${phase}, until it is undone`, () => {
    const { slots, index, value, reports } = reach()
    slots.last('advance').settle({ type: 'reorg', fromLevel: 9, toLevel: 7 })
    assert.equal(value(), 'reorged')
    assert.deepEqual(reports.at(-1), {
      type: 'INDEX_REORGED',
      index: 'transfers',
      fromLevel: 9,
      toLevel: 7,
    })
    index.send({ type: 'ROLLED_BACK' })
    assert.equal(value(), 'syncing')
  })

  test(`finishes at its last level while ${phase}`, () => {
    const { slots, value, told, index } = reach()
    slots.last('advance').settle({ type: 'lastLevel' })
    assert.equal(value(), 'finished')
    assert.equal(told().at(-1), 'INDEX_SYNCHRONIZED')
    index.send({ type: 'STOP' })
    assert.equal(value(), 'stopped')
  })

  for (const type of ['stopped', 'head', 'lastLevel', 'reorg']) {
    test(`stops at a level boundary while ${phase}, and not before, whatever comes of it (${type})`, () => {
      const { slots, index, value, told } = reach()
      index.send({ type: 'STOP' })
      assert.notEqual(value(), 'stopped')
      assert.equal(slots.last('advance').drained, true)
      slots.last('advance').settle({ type })
      assert.equal(value(), 'stopped')
      assert.equal(told().at(-1), 'INDEX_STOPPED')
    })
  }

  test(`an error while stopping while ${phase} ends it, told only when it would stay`, () => {
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
