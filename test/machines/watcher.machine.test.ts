import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor, createMachine, type AnyActorRef } from 'xstate'
import { watcherMachine, type FleetPhase } from '../../machines/watcher.machine.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(watcherMachine)

function start() {
  const slots = new Slots()
  const told: string[] = []
  const asked: unknown[] = []
  const watcher = watcherMachine.provide({
    actors: { watch: slots.fill('watch') },
    actions: { askElsewhere: (_, { runtime, ask }) => void asked.push([runtime, ask.type]) },
  })
  const root = createActor(
    createMachine({
      invoke: { id: 'watcher', src: watcher, input: { runtime: 'runtime' } },
      on: { LIFECYCLE: { actions: ({ event }) => void told.push(String(event['state'])) } },
    }),
    { inspect: watch },
  ).start()
  const child = root.getSnapshot().children['watcher'] as AnyActorRef
  return {
    told,
    asked,
    child,
    phase: (phase: FleetPhase) =>
      (slots.last('watch').input as { tell(phase: FleetPhase): void }).tell(phase),
  }
}

test('tells of the phases that the database tells of, syncing before synchronized', () => {
  const { told, phase } = start()
  phase('unmade')
  phase('synchronized')
  phase('syncing')
  phase('synchronized')
  assert.deepEqual(told, ['restart', 'syncing', 'synchronized', 'syncing', 'synchronized'])
})

test('passes on what only a process that indexes can do, and stops', () => {
  const { asked, child } = start()
  child.send({ type: 'REINDEX' })
  child.send({ type: 'RESTART' })
  assert.deepEqual(asked, [
    ['runtime', 'REINDEX'],
    ['runtime', 'RESTART'],
  ])
  child.send({ type: 'STOP' })
  assert.equal(child.getSnapshot().status, 'done')
})
