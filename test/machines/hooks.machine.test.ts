import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor } from 'xstate'
import { hooksMachine } from '../../machines/hooks.machine.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(hooksMachine)

function start() {
  const slots = new Slots()
  const fired: string[] = []
  const refused: string[] = []
  const queue: string[] = []
  const hooks = createActor(
    hooksMachine.provide({
      actors: { pool: slots.fill('pool'), drainFirings: slots.fill('drainFirings') },
      actions: {
        openQueue: () => void queue.push('opened'),
        closeQueue: () => void queue.push('closed'),
        fire: (_, { firings }) => void fired.push(...firings.map(({ hook }) => hook)),
        refuse: (_, { firings }) => void refused.push(...firings.map(({ hook }) => hook)),
      },
    }),
    { input: { runtime: undefined }, inspect: watch },
  ).start()
  return {
    hooks,
    slots,
    fired,
    refused,
    queue,
    fire: (hook: string) => hooks.send({ type: 'FIRE_HOOK', hook }),
  }
}

test('keeps what comes before it opens, in order, then fires at once', () => {
  const { hooks, fire, fired } = start()
  fire('first')
  fire('second')
  assert.deepEqual(fired, [])
  hooks.send({ type: 'OPEN' })
  fire('third')
  assert.deepEqual(fired, ['first', 'second', 'third'])
})

test('the durable queue runs from the opening to the draining', () => {
  const { hooks, queue } = start()
  assert.deepEqual(queue, [])
  hooks.send({ type: 'OPEN' })
  assert.deepEqual(queue, ['opened'])
  hooks.send({ type: 'DRAIN' })
  assert.deepEqual(queue, ['opened', 'closed'])
})

test('refuses while draining, and ends when the others have ended and what runs, too', () => {
  const { hooks, slots, fire, fired, refused } = start()
  hooks.send({ type: 'OPEN' })
  fire('taken')
  hooks.send({ type: 'DRAIN' })
  fire('late')
  assert.deepEqual(slots.calls('drainFirings'), [])
  hooks.send({ type: 'END' })
  fire('later')
  assert.deepEqual([fired, refused], [['taken'], ['late', 'later']])
  assert.equal(hooks.getSnapshot().status, 'active')
  slots.last('drainFirings').settle()
  assert.equal(hooks.getSnapshot().status, 'done')
})

test('refuses what it kept when it never opens', () => {
  const { hooks, fire, refused } = start()
  fire('kept')
  hooks.send({ type: 'DRAIN' })
  assert.deepEqual(refused, ['kept'])
})
