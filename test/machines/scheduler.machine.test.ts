import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor } from 'xstate'
import { schedulerMachine, type SchedulerCommand } from '../../machines/scheduler.machine.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(schedulerMachine)

function start({ postponed = false, elsewhere = false } = {}) {
  const slots = new Slots()
  const done: string[] = []
  const scheduler = createActor(
    schedulerMachine.provide({
      actors: { jobs: slots.fill('jobs'), load: slots.fill('load'), drain: slots.fill('drain') },
      guards: {
        isElsewhere: () => elsewhere,
        isPostponed: ({ context }) => postponed && !context.synchronized,
      },
      actions: {
        startJobs: ({ context }) => void done.push(`started ${String(context.roster)}`),
        tellPhase: ({ context }) => void done.push(context.synchronized ? 'synchronized' : 'syncing'),
        obey: (_, { command }) => void done.push(`${command.type} ${command.job}`),
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
  send('SYNCHRONIZED')
  send('START')
  assert.equal(slots.calls('load').length, 1)
  assert.deepEqual(done, ['started roster', 'synchronized', 'syncing'])
  send('DRAIN')
  assert.equal(state(), 'draining')
  assert.deepEqual(slots.last('drain').input, { roster: 'roster' })
  slots.last('drain').settle()
  assert.equal(scheduler.getSnapshot().status, 'done')
})

test('fires nothing where other processes do, and still changes jobs', () => {
  const { send, scheduler, slots, done, state } = start({ elsewhere: true })
  send('START')
  assert.equal(state(), 'waiting')
  scheduler.send({ type: 'PAUSE_JOB', job: 'a' })
  assert.deepEqual([slots.calls('load').length, done], [0, ['PAUSE_JOB a']])
  send('DRAIN')
  assert.equal(state(), 'drained')
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

test('changes of jobs are taken at any time', () => {
  const { scheduler, done, send, slots } = start()
  const types = ['REMOVE_JOB', 'PAUSE_JOB', 'RESUME_JOB', 'RUN_JOB'] as const
  for (const type of types) scheduler.send({ type, job: 'a' })
  send('START')
  scheduler.send({ type: 'RESCHEDULE_JOB', job: 'a', trigger: { interval: 5 } })
  slots.last('load').settle('roster')
  scheduler.send({ type: 'ADD_JOB', job: 'b', config: { hook: 'hook', interval: 5 } })
  assert.deepEqual(done, [
    ...types.map((type) => `${type} a`),
    'RESCHEDULE_JOB a',
    'started roster',
    'ADD_JOB b',
  ])
})

test('the phase is that of the last word before the jobs were loaded', () => {
  const { scheduler, send } = start()
  send('SYNCHRONIZED')
  send('START')
  assert.equal(scheduler.getSnapshot().context.synchronized, false)
  send('SYNCHRONIZED')
  assert.equal(scheduler.getSnapshot().context.synchronized, true)
  send('START')
  assert.equal(scheduler.getSnapshot().context.synchronized, false)
})

test('fails when the jobs cannot be loaded', () => {
  const { send, slots, errors } = start()
  send('START')
  slots.last('load').fail('no database')
  assert.deepEqual(errors, ['no database'])
})
