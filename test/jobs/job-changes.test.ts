import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobConfig, JobConfigs } from '../../src/config/config.ts'
import { ConfigurationError, UnknownJobError } from '../../src/errors.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import { JobDesk } from '../../src/jobs/job-desk.ts'
import type { JobTrigger } from '../../src/jobs/job.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import type { LightSignal } from '../../src/light-signal.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler } from './running-scheduler.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const hourly: JobConfig = { hook: 'stats', crontab: '0 * * * *' }
const daily: JobConfig = { hook: 'stats', crontab: '0 0 * * *' }

test('jobs are added, rescheduled and removed while they run, and stay so after a restart', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { daily, gone: hourly }
  const first = startScheduler(t, { database, jobs, at: '2026-01-01T00:30' })
  first.send({ type: 'START' })
  await first.running()
  await first.jobs.add('added', { ...hourly, args: { depth: 10 } } as JobConfig)
  await first.jobs.add('brief', hourly, { temporary: true })
  await first.jobs.reschedule('daily', { interval: '40m' })
  await first.jobs.remove('gone')
  await first.clock.advance(HOUR)
  const fired = (run: typeof first): string[] =>
    run.events.flatMap((event) =>
      event.type === 'job.fired' ? [`${event.job} ${event.fireTime?.toISOString().slice(11, 16)}`] : [],
    )
  assert.deepEqual(fired(first).toSorted(), ['added 01:00', 'brief 01:00', 'daily 01:10'])
  await first.drain()

  const requests: string[] = []
  const second = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T01:31',
    fire: ({ origin, args }) => void requests.push(`${origin.job} ${JSON.stringify(args)}`),
  })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(HOUR / 2)
  assert.deepEqual(requests, ['daily {}', 'added {"depth":10}'])
  await second.drain()

  // Edited in the config, that holds; gone from it, it is gone, whatever was done by hand.
  const third = startScheduler(t, {
    database,
    jobs: { gone: { ...hourly, crontab: '30 * * * *' } },
    at: '2026-01-01T02:15',
  })
  third.send({ type: 'START' })
  await third.running()
  const schedules = (await third.jobs.list()).map(({ name, schedule, origin }) => [name, schedule, origin])
  assert.deepEqual(schedules, [
    ['added', 'crontab 0 * * * * (UTC)', 'added'],
    ['gone', 'crontab 30 * * * * (UTC)', 'config'],
  ])
  await third.drain()
})

test('run by hand: at once, also paused, and with the origin of a job', async (t) => {
  const database = await openTestDatabase(t)
  const times: (string | undefined)[] = []
  const run = startScheduler(t, {
    database,
    jobs: { daily: { ...daily, misfireGraceTime: 1 } },
    at: '2026-01-01T00:30',
    fire: ({ origin }) => void times.push(origin.fireTime?.toISOString()),
  })
  run.send({ type: 'START' })
  await run.running()
  run.send({ type: 'RUN_JOB', job: 'daily' })
  await run.clock.advance(1_000)
  run.send({ type: 'PAUSE_JOB', job: 'daily' })
  run.send({ type: 'RUN_JOB', job: 'daily' })
  await run.clock.advance(1_000)
  assert.deepEqual(times, ['2026-01-01T00:30:00.000Z', '2026-01-01T00:30:01.000Z'])
  await run.drain()
  const rows = await database.sql`
    select status, by_hand from ${database.sql(database.ownSchema)}.job_run order by fire_time`
  assert.deepEqual(
    [...rows],
    [
      { status: 'succeeded', by_hand: true },
      { status: 'succeeded', by_hand: true },
    ],
  )
})

test('another process changes the jobs of one that runs, and of one that does not', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { hourly }
  const clock = new TestClock({ start: Date.parse('2026-01-01T00:10Z') })
  const desk = new JobDesk({ store: createJobStore(database), clock, timezone: 'UTC', check: () => [] })
  await assert.rejects(desk.run('hourly'), UnknownJobError)

  let ran = (): void => {}
  const first = startScheduler(t, { database, jobs, at: '2026-01-01T00:30', fire: () => ran() })
  first.send({ type: 'START' })
  await first.running()
  await first.clock.advance(1)
  const running = new Promise<void>((resolve) => void (ran = resolve))
  await desk.run('hourly')
  await running
  await first.drain()
  first.told('hourly')

  await desk.run('hourly')
  await desk.pause('hourly')
  const second = startScheduler(t, { database, jobs, at: '2026-01-02T00:30' })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(HOUR)
  assert.deepEqual(second.told('hourly'), ['fired 00:10 for 1'])
  await second.drain()
})

test('what cannot be is refused: by a rejection, or by an event', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { hourly, watcher: { hook: 'watch', daemon: true } }
  const run = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:30',
    fire: ({ hook }, signal) =>
      hook === 'watch'
        ? new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
        : undefined,
    check: (name) => (name === 'bad' ? [{ path: 'jobs.bad.hook', message: 'there is no hook' }] : []),
  })
  run.send({ type: 'START' })
  await run.running()
  const cases: readonly (readonly [() => Promise<void>, RegExp])[] = [
    [() => run.jobs.add('bad', hourly), /jobs\.bad\.hook: there is no hook/],
    [() => run.jobs.add('hourly', hourly), /jobs\.hourly: is a job of the config already/],
    [
      () => run.jobs.add('odd', { ...hourly, args: { at: 5n } } as unknown as JobConfig),
      /jobs\.odd\.args\.at: cannot be stored/,
    ],
    [() => run.jobs.reschedule('hourly', { crontab: '0 0 30 2 *' }), /never fires/],
    [() => run.jobs.reschedule('hourly', { daemon: true }), /a daemon has no schedule/],
    [() => run.jobs.reschedule('watcher', { interval: 5 }), /a daemon has no schedule/],
    [() => run.jobs.reschedule('hourly', { interval: 0 }), /^jobs\.hourly\.interval: 0 is no interval/],
    [
      () => run.jobs.reschedule('hourly', { interval: 5, hook: 'other', maxInstances: 0 } as JobTrigger),
      /^jobs\.hourly\.hook: is no part of a trigger.*\njobs\.hourly\.maxInstances: is no part/,
    ],
    [() => run.jobs.reschedule('hourly', 5 as unknown as JobTrigger), /^jobs\.hourly: expected a trigger/],
    ...['a\0b', 'half \ud83d'].flatMap((text): (readonly [() => Promise<void>, RegExp])[] => [
      [
        () => run.jobs.add('odd', { ...hourly, args: { deep: [text] } } as unknown as JobConfig),
        /^jobs\.odd\.args\.deep\.0: cannot be stored: PostgreSQL takes no text with a NUL or half/,
      ],
      [
        () => run.jobs.add('odd', { ...hourly, args: { [text]: 1 } } as unknown as JobConfig),
        /^jobs\.odd\.args: cannot be stored: .* as a field's name/,
      ],
    ]),
  ]
  for (const [refused, message] of cases) {
    await assert.rejects(refused(), (error: Error) => {
      assert.ok(error instanceof ConfigurationError)
      assert.match(error.message, message)
      return true
    })
  }
  await assert.rejects(run.jobs.pause('hurly'), (error: Error) => {
    assert.ok(error instanceof UnknownJobError)
    assert.match(error.message, /there is no job "hurly"; did you mean "hourly"\?|there is no job "hurly"/)
    return true
  })
  for (const name of ['a\0b', 'half \ud83d'])
    for (const change of ['remove', 'pause', 'resume', 'run'] as const)
      await assert.rejects(run.jobs[change](name), UnknownJobError)
  await assert.rejects(run.jobs.reschedule('a\0b', { interval: 5 }), UnknownJobError)
  run.send({ type: 'RESCHEDULE_JOB', job: 'hurly', trigger: { interval: 5 } })
  await run.clock.advance(1)
  const refused = run.events.flatMap((event) =>
    event.type === 'job.refused' ? [`${event.command} ${event.job}`] : [],
  )
  assert.deepEqual(refused, ['RESCHEDULE_JOB hurly'])
  await run.drain()
})

test('an added job whose hook is gone is left out, and the others run', async (t) => {
  const database = await openTestDatabase(t)
  const first = startScheduler(t, { database, jobs: { hourly }, at: '2026-01-01T00:30' })
  first.send({ type: 'START' })
  await first.running()
  await first.jobs.add('added', { ...hourly, hook: 'old' })
  await first.drain()
  const second = startScheduler(t, {
    database,
    jobs: { hourly },
    at: '2026-01-01T00:30',
    check: () => [{ path: 'jobs.added.hook', message: 'there is no hook "old"' }],
  })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(HOUR)
  assert.deepEqual(
    second.events.flatMap((event) => (event.type === 'job.fired' ? [event.job] : [])),
    ['hourly'],
  )
  await second.drain()
})

for (const how of ['replaced', 'removed, and one of its name added'] as const) {
  test(`a job is ${how} while it runs: what runs may end, and counts`, async (t) => {
    const database = await openTestDatabase(t)
    let end = (): void => {}
    const run = startScheduler(t, {
      database,
      jobs: {},
      at: '2026-01-01T00:30',
      fire: ({ hook }) => (hook === 'stats' ? new Promise((resolve) => void (end = resolve)) : undefined),
    })
    run.send({ type: 'START' })
    await run.running()
    await run.jobs.add('job', hourly)
    await run.clock.advance(HOUR)
    if (how !== 'replaced') await run.jobs.remove('job')
    await run.jobs.add('job', { hook: 'other', interval: '10m' })
    await run.clock.advance(10 * MINUTE)
    end()
    await run.clock.advance(10 * MINUTE)
    assert.deepEqual(run.told('job'), ['fired 01:00 for 1', 'skipped 01:40', 'fired 01:50 for 1'])
    await run.drain()
    const rows = await database.sql`
      select status from ${database.sql(database.ownSchema)}.job_run order by fire_time`
    assert.deepEqual(
      rows.map(({ status }) => String(status)),
      ['succeeded', 'skipped', 'succeeded'],
    )
  })

  test(`a daemon is ${how}: one runs at a time`, async (t) => {
    const running = new Set<string>()
    const ends: (() => void)[] = []
    const run = startScheduler(t, {
      database: createMemoryJobStore(),
      jobs: {},
      at: '2026-01-01T00:30',
      fire: ({ hook }, signal) => {
        running.add(hook)
        return new Promise((resolve) =>
          signal.addEventListener('abort', () =>
            ends.push(() => {
              running.delete(hook)
              resolve()
            }),
          ),
        )
      },
    })
    run.send({ type: 'START' })
    await run.running()
    await run.jobs.add('job', { hook: 'one', daemon: true })
    await run.clock.advance(1)
    if (how !== 'replaced') await run.jobs.remove('job')
    await run.jobs.add('job', { hook: 'two', daemon: true })
    await run.clock.advance(1)
    assert.deepEqual([[...running], ends.length], [['one'], 1])
    ends.pop()?.()
    await run.clock.advance(1)
    assert.deepEqual([...running], ['two'])
    await run.jobs.add('job', { hook: 'two', interval: '10m' })
    ends.pop()?.()
    await run.clock.advance(1)
    assert.deepEqual([...running], [])
    await run.drain()
  })
}

test('a job that is rescheduled while it runs does not run beside itself', async (t) => {
  let end = (): void => {}
  const run = startScheduler(t, {
    database: createMemoryJobStore(),
    jobs: { job: hourly },
    at: '2026-01-01T00:30',
    fire: () => new Promise((resolve) => void (end = resolve)),
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(HOUR)
  await run.jobs.reschedule('job', { interval: '10m' })
  await run.clock.advance(10 * MINUTE)
  end()
  await run.clock.advance(10 * MINUTE)
  assert.deepEqual(run.told('job'), ['fired 01:00 for 1', 'skipped 01:40', 'fired 01:50 for 1'])
})

test('a job that becomes a daemon leaves what waits of it, and tells it as skipped', async (t) => {
  const database = await openTestDatabase(t)
  const run = startScheduler(t, {
    database,
    jobs: {},
    at: '2026-01-01T00:30',
    fire: ({ hook }, signal) =>
      hook === 'stats'
        ? Promise.reject(new Error('boom'))
        : new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  })
  run.send({ type: 'START' })
  await run.running()
  await run.jobs.add('job', { ...hourly, retry: { attempts: 2, delay: '1h' } })
  await run.clock.advance(HOUR)
  await run.jobs.add('job', { hook: 'watch', daemon: true })
  await run.clock.advance(1)
  // Asks to look for what nobody has, as each heartbeat does.
  await run.jobs.run('job')
  await run.clock.advance(1)
  assert.deepEqual(run.told('job'), [
    'fired 01:00 for 1',
    'retried 01:00 as 2 in 3600000',
    'fired now for 0',
    'skipped 01:00 (removed)',
    'skipped 01:30',
  ])
  await run.drain()
})

/** A daemon that fails at its first start, and then runs until it is stopped. */
const failingOnce = (started: () => number) => ({
  jobs: { listener: { hook: 'listen', daemon: true, retry: { delay: '5m' } } } as const,
  at: '2026-01-01T00:00',
  fire: (_: unknown, signal: LightSignal): Promise<void> => {
    if (started() === 1) throw new Error('away')
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
  },
})

test('a daemon that waits for its restart is run by hand at once, and that is settled', async (t) => {
  const database = await openTestDatabase(t)
  let starts = 0
  const run = startScheduler(t, {
    database,
    ...failingOnce(() => (starts += 1)),
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(1_000)
  await run.jobs.run('listener')
  await run.clock.advance(1_000)
  assert.equal(starts, 2)
  await run.drain()
  const rows = await database.sql`
    select status from ${database.sql(database.ownSchema)}.job_run where by_hand`
  assert.deepEqual([...rows], [{ status: 'succeeded' }])
})

test('a daemon that waits for its restart is started, also when it is rescheduled as a daemon', async (t) => {
  let starts = 0
  const run = startScheduler(t, {
    database: createMemoryJobStore(),
    ...failingOnce(() => (starts += 1)),
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(1_000)
  await run.jobs.reschedule('listener', { daemon: true })
  await run.clock.advance(6 * MINUTE)
  assert.equal(starts, 2)
  await run.drain()
})
