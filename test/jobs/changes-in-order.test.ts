import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError } from '../../src/errors.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { losingStore } from './losing-store.ts'
import { startScheduler } from './running-scheduler.ts'

const HOUR = 3_600_000
const hourly = { hook: 's', crontab: '0 * * * *' } as const

test('changes of a job are made in the order in which they were asked for', async (t) => {
  const database = await openTestDatabase(t)
  const run = startScheduler(t, { database, jobs: { hourly }, at: '2026-01-01T00:30' })
  run.send({ type: 'START' })
  await run.running()
  const names = Array.from({ length: 8 }, (_, at) => `added ${at}`)
  for (const job of names) {
    run.send({ type: 'ADD_JOB', job, config: hourly })
    run.send({ type: 'PAUSE_JOB', job })
    run.send({ type: 'RESCHEDULE_JOB', job, trigger: { interval: '1h' } })
    run.send({ type: 'RESUME_JOB', job })
    run.send({ type: 'RESCHEDULE_JOB', job, trigger: { interval: '2h' } })
    run.send({ type: 'PAUSE_JOB', job })
    run.send({ type: 'ADD_JOB', job: `${job}, removed`, config: hourly })
    run.send({ type: 'REMOVE_JOB', job: `${job}, removed` })
  }
  await run.clock.advance(1)
  assert.deepEqual(
    run.events.filter(({ type }) => type === 'job.refused'),
    [],
  )
  const jobs = (await run.jobs.list()).filter(({ name }) => name !== 'hourly')
  assert.deepEqual(
    jobs.map(({ name, schedule, paused }) => `${name} ${schedule} ${paused}`).toSorted(),
    names.map((name) => `${name} every 7200 s true`).toSorted(),
  )
})

test('one that is refused does not keep the next from being made', async (t) => {
  const database = await openTestDatabase(t)
  const run = startScheduler(t, { database, jobs: { hourly }, at: '2026-01-01T00:30' })
  run.send({ type: 'START' })
  await run.running()
  const refused = run.jobs.reschedule('hourly', { interval: 0 })
  const paused = run.jobs.pause('hourly')
  await assert.rejects(refused, ConfigurationError)
  await paused
  assert.equal((await run.jobs.list())[0]?.paused, true)
})

test('a change that was made, and whose answer was lost, holds at once in the process that asked for it', async (t) => {
  const { store, lose } = losingStore(createJobStore(await openTestDatabase(t)))
  const run = startScheduler(t, { database: store, jobs: { hourly }, at: '2026-01-01T00:30' })
  run.send({ type: 'START' })
  await run.running()
  lose('change')
  await assert.rejects(run.jobs.pause('hourly'), /the answer was lost/)
  await run.clock.advance(2 * HOUR)
  assert.deepEqual(run.told('hourly'), [])
  await run.jobs.resume('hourly')
  lose('change')
  await assert.rejects(run.jobs.run('hourly'), /the answer was lost/)
  await run.clock.advance(1)
  assert.deepEqual(run.told('hourly'), ['fired 02:30 for 1'])
})

test('a call that cannot be is refused by its name, and by what it was given', async (t) => {
  const { jobs, send, running } = startScheduler(t, {
    database: await openTestDatabase(t),
    jobs: { hourly },
    at: '2026-01-01T00:30',
  })
  send({ type: 'START' })
  await running()
  const any = jobs as unknown as Record<string, (...given: unknown[]) => Promise<void>>
  const cases: readonly (readonly [string, readonly unknown[], string])[] = [
    ...['add', 'remove', 'reschedule', 'pause', 'resume', 'run'].flatMap(
      (call): (readonly [string, readonly unknown[], string])[] => [
        [call, [5, hourly], `ctx.jobs.${call}: expected the name of a job, got 5`],
        [call, [], `ctx.jobs.${call}: expected the name of a job, got undefined`],
        [call, [{ name: 'hourly' }], `ctx.jobs.${call}: expected the name of a job, got an object`],
      ],
    ),
    ['add', ['j', hourly, null], 'ctx.jobs.add: expected options such as { temporary: true }, got null'],
    ['add', ['j', hourly, { temporary: 'yes' }], 'ctx.jobs.add.temporary: expected true or false, got "yes"'],
    [
      'add',
      ['j', hourly, { temporay: true }],
      'ctx.jobs.add.temporay: unknown key – did you mean "temporary"?',
    ],
    [
      'reschedule',
      ['hourly', { intervall: 3 }],
      'jobs.hourly.intervall: unknown key – did you mean "interval"?',
    ],
  ]
  for (const [call, given, message] of cases) {
    await assert.rejects(
      async () => any[call]?.(...given),
      (error: unknown) => error instanceof ConfigurationError && error.message === message,
      message,
    )
  }
})
