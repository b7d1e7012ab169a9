import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobConfigs } from '../../src/config/config.ts'
import { CallbackTypeError } from '../../src/errors.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import { JobDesk } from '../../src/jobs/job-desk.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler } from './running-scheduler.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const hourly = { hook: 'stats', crontab: '0 * * * *' }

test('a firing is tried again by its rule, and told each time', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = {
    flaky: { ...hourly, retry: { attempts: 3, delay: 10, factor: 3 } },
    wrong: { ...hourly, retry: { attempts: 3 } },
  }
  let calls = 0
  const run = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:30',
    fire: ({ origin }) => {
      if (origin.job === 'wrong') throw new CallbackTypeError('depth is missing')
      if (++calls % 3 !== 0) throw new Error('boom')
    },
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(HOUR)
  assert.deepEqual(run.told('flaky'), [
    'fired 01:00 for 1',
    'retried 01:00 as 2 in 10000',
    'retried 01:00 as 3 in 30000',
  ])
  assert.equal(calls, 3)
  await run.drain()
  const rows = await database.sql`
    select job, status, attempt, error from ${database.sql(database.ownSchema)}.job_run order by job`
  assert.deepEqual(
    [...rows],
    [
      { job: 'flaky', status: 'succeeded', attempt: 3, error: null },
      { job: 'wrong', status: 'failed', attempt: 1, error: 'depth is missing' },
    ],
  )
  const [flaky] = await run.jobs.list()
  assert.deepEqual([flaky?.fired, flaky?.retried, flaky?.failed], [1, 2, 0])
})

test('a firing whose process died is run again where its rule says so, once its wait is over', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = {
    again: { ...hourly, retry: { attempts: 2 } },
    waiting: { ...hourly, retry: { attempts: 2, delay: '5m' } },
    once: hourly,
  }
  const first = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:30',
    fire: ({ origin }) => {
      if (origin.job === 'waiting') throw new Error('boom')
      return new Promise(() => {})
    },
  })
  first.send({ type: 'START' })
  await first.running()
  await first.clock.advance(HOUR / 2)
  await first.kill()

  const ran: string[] = []
  const second = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T01:01',
    fire: ({ origin }) => void ran.push(origin.job),
  })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(MINUTE)
  assert.deepEqual(ran, ['again'])
  await second.clock.advance(3 * MINUTE)
  assert.deepEqual(ran, ['again', 'waiting'])
  const told = second.events.map((event) => ('job' in event ? `${event.type} ${event.job}` : event.type))
  assert.deepEqual(told, [
    'jobs.scheduled',
    'job.retried again',
    'job.fired again',
    'job.failed once',
    'job.fired waiting',
  ])
})

test('a retry waits for the phase of its job, and for a job that is paused', async (t) => {
  const database = await openTestDatabase(t)
  const retry = { attempts: 2, delay: '10m' }
  const jobs: JobConfigs = {
    phased: { ...hourly, when: 'synchronized', retry },
    stopped: { ...hourly, retry },
  }
  const ran: string[] = []
  const run = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:30',
    fire: ({ origin }) => {
      ran.push(`${origin.job} ${run.clock.now() / MINUTE - Date.parse('2026-01-01') / MINUTE}`)
      throw new Error('boom')
    },
  })
  run.send({ type: 'START' })
  await run.running()
  run.send({ type: 'SYNCHRONIZED' })
  await run.clock.advance(HOUR / 2)
  run.send({ type: 'START' })
  run.send({ type: 'PAUSE_JOB', job: 'stopped' })
  await run.clock.advance(HOUR / 2)
  assert.deepEqual(ran.toSorted(), ['phased 60', 'stopped 60'])
  run.send({ type: 'SYNCHRONIZED' })
  run.send({ type: 'RESUME_JOB', job: 'stopped' })
  await run.clock.advance(1)
  assert.deepEqual(ran.slice(2).toSorted(), ['phased 90', 'stopped 90'])
  await run.drain()
})

test('what a process that died left behind waits for the phase of its job', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { phased: { ...hourly, when: 'synchronized', retry: { attempts: 2 } } }
  const first = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:30',
    fire: () => new Promise(() => {}),
  })
  first.send({ type: 'START' })
  await first.running()
  first.send({ type: 'SYNCHRONIZED' })
  await first.clock.advance(HOUR / 2)
  await first.kill()
  const second = startScheduler(t, { database, jobs, at: '2026-01-01T01:01' })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(MINUTE)
  assert.deepEqual(second.told('phased'), ['retried 01:00 as 2 in 0'])
  second.send({ type: 'SYNCHRONIZED' })
  await second.clock.advance(1)
  assert.deepEqual(second.told('phased'), ['fired 01:00 for 1'])
  await second.drain()
})

test('a retry that waits keeps its time and its reason over a stop', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = {
    waiting: { ...hourly, retry: { attempts: 3, delay: '30m' } },
    ending: { ...hourly, retry: { attempts: 3, delay: '30m' } },
  }
  let end = (): void => {}
  const first = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:30',
    fire: ({ origin }) =>
      origin.job === 'waiting'
        ? Promise.reject(new Error('boom'))
        : new Promise((_resolve, reject) => void (end = () => reject(new Error('bang')))),
  })
  first.send({ type: 'START' })
  await first.running()
  await first.clock.advance(HOUR / 2)
  const drained = first.drain()
  end()
  await drained
  const own = database.sql(database.ownSchema)
  const rowsOf = async () =>
    (
      await database.sql`
      select job, status, attempt, retry_at, error, owner, last_error, retried
      from ${own}.job_run join ${own}.job on job.name = job_run.job order by job`
    ).map((row) => ({ ...row }))
  const expected = [
    ['ending', 'bang'],
    ['waiting', 'boom'],
  ].map(([job, error]) => ({
    job,
    status: 'due',
    attempt: 2,
    retry_at: new Date('2026-01-01T01:30:00Z'),
    error,
    owner: null,
    last_error: error,
    retried: 1n,
  }))
  assert.deepEqual(await rowsOf(), expected)

  // One that takes them over, and stops before their time, gives them back as they were.
  for (const [from, until, fired] of [
    ['2026-01-01T01:05', 10, 0],
    ['2026-01-01T01:20', 11, 2],
  ] as const) {
    const run = startScheduler(t, { database, jobs, at: from })
    run.send({ type: 'START' })
    await run.running()
    await run.clock.advance(until * MINUTE)
    assert.equal(run.events.filter(({ type }) => type === 'job.fired').length, fired)
    if (fired === 0) {
      await run.drain()
      assert.deepEqual(await rowsOf(), expected)
    }
  }
})

test('a job of one phase is skipped in the other, both ways, and its daemon stops', async (t) => {
  const jobs: JobConfigs = {
    catchUp: { ...hourly, when: 'syncing' },
    live: { ...hourly, when: 'synchronized' },
    watcher: { hook: 'watch', daemon: true, when: 'synchronized' },
  }
  let watching = 0
  const run = startScheduler(t, {
    database: createMemoryJobStore(),
    jobs,
    at: '2026-01-01T00:30',
    fire: ({ hook }, signal) => {
      if (hook !== 'watch') return
      watching++
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          watching--
          resolve()
        }),
      )
    },
  })
  const passHour = async (): Promise<string[]> => {
    await run.clock.advance(HOUR)
    return run.told('catchUp')
  }
  run.send({ type: 'START' })
  await run.running()
  assert.equal(watching, 0)
  assert.deepEqual(await passHour(), ['fired 01:00 for 1'])
  run.send({ type: 'SYNCHRONIZED' })
  assert.deepEqual(await passHour(), ['skipped 02:00 (when)'])
  assert.equal(watching, 1)
  run.send({ type: 'START' })
  assert.deepEqual(await passHour(), ['fired 03:00 for 1'])
  assert.equal(watching, 0)
  run.send({ type: 'SYNCHRONIZED' })
  await run.clock.advance(1)
  assert.equal(watching, 1)
  const live = run.events.flatMap((event) =>
    (event.type === 'job.fired' || event.type === 'job.skipped') && event.job === 'live' ? [event.type] : [],
  )
  assert.deepEqual(live, ['job.skipped', 'job.fired', 'job.skipped'])
  await run.drain()
})

test('without catchUp, what passed while down is missed, and told', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { hourly: { ...hourly, catchUp: false, coalesce: false } }
  for (const [at, expected] of [
    ['2026-01-01T00:30', []],
    ['2026-01-01T03:30', ['missed 01:00,02:00,03:00 (down)']],
    ['2026-01-01T03:40', []],
  ] as const) {
    const run = startScheduler(t, { database, jobs, at })
    run.send({ type: 'START' })
    await run.running()
    await run.clock.advance(1)
    assert.deepEqual(run.told('hourly'), expected)
    await run.drain()
  }
})

test('without catchUp, what passed while down is missed also where the job is resumed later', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { hourly: { hook: 'stats', crontab: '0 * * * *', catchUp: false } }
  const first = startScheduler(t, { database, jobs, at: '2026-01-01T00:30' })
  first.send({ type: 'START' })
  await first.running()
  await first.drain()
  const clock = new TestClock({ start: Date.parse('2026-01-01T03:30Z') })
  await new JobDesk({ store: createJobStore(database), clock, timezone: 'UTC', check: () => [] }).pause(
    'hourly',
  )
  const second = startScheduler(t, { database, jobs, at: '2026-01-01T04:30' })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(HOUR)
  await second.jobs.resume('hourly')
  await second.clock.advance(HOUR)
  assert.deepEqual(second.told('hourly'), ['missed 01:00,02:00,03:00 (down)', 'fired 06:00 for 1'])
})

test('without catchUp, a fire time that comes while another process lives is not missed by one that starts', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { hourly: { ...hourly, catchUp: false } }
  const start = async (at: string) => {
    const run = startScheduler(t, { database, jobs, at })
    run.send({ type: 'START' })
    await run.running()
    await run.clock.advance(1)
    return run
  }
  await (await start('2026-01-01T00:30')).drain()
  const living = await start('2026-01-01T02:59:59')
  assert.deepEqual(living.told('hourly'), ['missed 01:00,02:00 (down)'])
  const starting = await start('2026-01-01T03:00')
  assert.deepEqual(starting.told('hourly'), ['fired 03:00 for 1'])
  await living.clock.advance(2_000)
  assert.deepEqual(living.told('hourly'), [])
  await living.drain()
  await starting.drain()
})

test('onError stop ends the root with the error, after the last attempt', async (t) => {
  const jobs: JobConfigs = { vital: { ...hourly, onError: 'stop', retry: { attempts: 2 } }, other: hourly }
  const boom = new Error('boom')
  const run = startScheduler(t, {
    database: createMemoryJobStore(),
    jobs,
    at: '2026-01-01T00:59',
    fire: () => Promise.reject(boom),
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(MINUTE)
  assert.deepEqual(run.fatal, [])
  await run.clock.advance(1_000)
  assert.deepEqual(run.fatal, [boom])
})

test('a job that is configured as paused waits to be resumed', async (t) => {
  const jobs: JobConfigs = { hourly: { ...hourly, paused: true } }
  const run = startScheduler(t, { database: createMemoryJobStore(), jobs, at: '2026-01-01T00:30' })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(2 * HOUR)
  run.send({ type: 'RESUME_JOB', job: 'hourly' })
  await run.clock.advance(HOUR)
  assert.deepEqual(run.told('hourly'), ['fired 03:00 for 1'])
})

test('the defaults hold for jobs that do not say', async (t) => {
  const jobs: JobConfigs = { slow: hourly, own: { ...hourly, maxInstances: 1 } }
  const run = startScheduler(t, {
    database: createMemoryJobStore(),
    jobs,
    at: '2026-01-01T00:30',
    defaults: { maxInstances: 2, coalesce: false, misfireGraceTime: 7_200 },
    fire: () => new Promise(() => {}),
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.leap(3 * HOUR)
  const types = (job: string) => run.events.flatMap((e) => ('job' in e && e.job === job ? [e.type] : []))
  assert.deepEqual(types('slow'), ['job.missed', 'job.fired', 'job.fired'])
  assert.deepEqual(types('own'), ['job.missed', 'job.fired'])
})

test('the cap of missed fire times is told', async (t) => {
  const jobs: JobConfigs = { often: { hook: 'stats', interval: 1 } }
  const run = startScheduler(t, { database: createMemoryJobStore(), jobs, at: '2026-01-01T00:00' })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.leap(HOUR)
  assert.deepEqual(run.told('often'), ['job.capped', 'fired 01:00 for 1000'])
})

test('firings are forgotten as often as they are kept for, where that is less than an hour', async (t) => {
  const database = await openTestDatabase(t)
  const run = startScheduler(t, {
    database,
    jobs: { minutely: { hook: 'stats', interval: 60 } },
    at: '2026-01-01T00:00',
    retention: 10 * MINUTE,
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(45 * MINUTE)
  // Each beat of the process, which comes by real time, looks after the history, and so does a job that is run by hand.
  await run.jobs.run('minutely')
  const own = database.sql(database.ownSchema)
  const [row] = await database.sql<[{ kept: number }]>`select count(*)::int as kept from ${own}.job_run`
  assert.ok(row.kept >= 10 && row.kept <= 22, `${row.kept} firings of 46, ten minutes of which are kept`)
})
