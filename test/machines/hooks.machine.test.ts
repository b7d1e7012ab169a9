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
  const hooks = createActor(
    hooksMachine.provide({
      actors: { pool: slots.fill('pool'), drainFirings: slots.fill('drainFirings') },
      actions: {
        fire: (_, { firings }) => void fired.push(...firings.map(({ hook }) => hook)),
        refuse: (_, { firings }) => void refused.push(...firings.map(({ hook }) => hook)),
      },
    }),
    { input: { runtime: undefined }, inspect: watch },
  ).start()
  return { hooks, slots, fired, refused, fire: (hook: string) => hooks.send({ type: 'FIRE_HOOK', hook }) }
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

test('refuses while draining, and ends when what runs has ended', () => {
  const { hooks, slots, fire, fired, refused } = start()
  hooks.send({ type: 'OPEN' })
  fire('taken')
  hooks.send({ type: 'DRAIN' })
  fire('late')
  assert.deepEqual([fired, refused], [['taken'], ['late']])
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
