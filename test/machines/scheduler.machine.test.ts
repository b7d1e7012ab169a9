import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor } from 'xstate'
import { schedulerMachine, type SchedulerCommand } from '../../machines/scheduler.machine.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(schedulerMachine)

function start({ postponed = false } = {}) {
  const slots = new Slots()
  const done: string[] = []
  const scheduler = createActor(
    schedulerMachine.provide({
      actors: { jobs: slots.fill('jobs'), load: slots.fill('load'), drain: slots.fill('drain') },
      guards: { isPostponed: ({ context }) => postponed && !context.synchronized },
      actions: {
        startJobs: ({ context }) => void done.push(`started ${String(context.roster)}`),
        pauseJob: (_, { job }) => void done.push(`paused ${job}`),
        resumeJob: (_, { job }) => void done.push(`resumed ${job}`),
      },
    }),
    { input: { runtime: 'runtime' }, inspect: watch },
  )
  const errors: unknown[] = []
  scheduler.subscribe({ error: (error) => void errors.push(error) })
  scheduler.start()
  return {
    scheduler,
    slots,
    done,
    errors,
    send: (type: 'START' | 'SYNCHRONIZED' | 'DRAIN') => scheduler.send({ type } as SchedulerCommand),
    state: () => scheduler.getSnapshot().value,
  }
}

test('loads at the first start, runs, and drains', () => {
  const { send, slots, done, scheduler, state } = start()
  send('START')
  assert.deepEqual(slots.last('load').input, { runtime: 'runtime' })
  slots.last('load').settle('roster')
  send('START')
  send('SYNCHRONIZED')
  assert.equal(slots.calls('load').length, 1)
  scheduler.send({ type: 'PAUSE_JOB', job: 'a' })
  scheduler.send({ type: 'RESUME_JOB', job: 'a' })
  assert.deepEqual(done, ['started roster', 'paused a', 'resumed a'])
  send('DRAIN')
  assert.equal(state(), 'draining')
  assert.deepEqual(slots.last('drain').input, { roster: 'roster' })
  slots.last('drain').settle()
  assert.equal(scheduler.getSnapshot().status, 'done')
})

test('postponed jobs wait until the indexes are synchronized', () => {
  const { send, slots, state } = start({ postponed: true })
  send('START')
  assert.equal(state(), 'postponed')
  send('SYNCHRONIZED')
  slots.last('load').settle('roster')
  assert.equal(state(), 'running')
})

test('jobs are not postponed any more when the indexes were synchronized before', () => {
  const { send, state } = start({ postponed: true })
  send('SYNCHRONIZED')
  send('START')
  assert.equal(state(), 'loading')
})

test('is drained at once as long as nothing runs', () => {
  const waiting = start()
  waiting.send('DRAIN')
  const postponed = start({ postponed: true })
  postponed.send('START')
  postponed.send('DRAIN')
  const loading = start()
  loading.send('START')
  loading.send('DRAIN')
  for (const { scheduler, done } of [waiting, postponed, loading]) {
    assert.equal(scheduler.getSnapshot().status, 'done')
    assert.deepEqual(done, [])
  }
})

test('fails when the jobs cannot be loaded', () => {
  const { send, slots, errors } = start()
  send('START')
  slots.last('load').fail('no database')
  assert.deepEqual(errors, ['no database'])
})
