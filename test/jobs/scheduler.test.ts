import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobConfigs } from '../../src/config/config.ts'
import { StoppingError } from '../../src/errors.ts'
import { takeFireTimes } from '../../src/jobs/next-fire-times.ts'
import { parseTrigger } from '../../src/jobs/parse-trigger.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler } from './running-scheduler.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Waits until it is let go, one call at a time. */
function gate() {
  const waiting: (() => void)[] = []
  return {
    wait: () => new Promise<void>((resolve) => void waiting.push(resolve)),
    open: () => waiting.splice(0).forEach((resolve) => resolve()),
    get size() {
      return waiting.length
    },
  }
}

test('hours of jobs: each fire time once, with the hook, the arguments and the origin', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = {
    minutes: { hook: 'stats', interval: 60, args: { major: false } },
    nightly: { hook: 'stats', crontab: '30 2 * * *', timezone: 'Europe/Berlin' },
  }
  const requests: string[] = []
  const run = startScheduler(t, {
    database,
    jobs,
    at: '2026-03-28T23:30:15',
    fire: ({ hook, args, origin }) =>
      void requests.push(`${hook} ${JSON.stringify(args)} ${origin.job} ${origin.fireTime?.toISOString()}`),
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(3 * HOUR)
  const from = new Date('2026-03-28T23:30:15Z')
  const expected = takeFireTimes(parseTrigger({ interval: 60 }).anchoredAt(from), { from, count: 180 })
  const fired = (job: string) => requests.filter((request) => request.includes(` ${job} `))
  assert.deepEqual(
    fired('minutes'),
    expected.map((time) => `stats {"major":false} minutes ${time.toISOString()}`),
  )
  assert.deepEqual(fired('nightly'), ['stats {} nightly 2026-03-29T01:00:00.000Z'])
  await run.drain()
  const rows = await database.sql`
    select name, fired, last_fire_time, next_fire_time, accounted from ${database.sql(database.ownSchema)}.job order by name`
  assert.deepEqual(rows[0], {
    name: 'minutes',
    fired: 180n,
    last_fire_time: new Date('2026-03-29T02:30:15Z'),
    next_fire_time: new Date('2026-03-29T02:31:15Z'),
    accounted: new Date('2026-03-29T02:30:15Z'),
  })
})

test('nothing fires before START, nor postponed jobs before SYNCHRONIZED', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { minutes: { hook: 'stats', interval: 60 } }
  const run = startScheduler(t, { database, jobs, at: '2026-01-01T00:00', postponeJobs: true })
  await run.clock.advance(HOUR)
  run.send({ type: 'START' })
  await run.clock.advance(HOUR)
  assert.deepEqual(run.told('minutes'), [])
  run.send({ type: 'SYNCHRONIZED' })
  await run.running()
  await run.clock.advance(2 * MINUTE)
  assert.deepEqual(run.told('minutes'), ['fired 02:01 for 1', 'fired 02:02 for 1'])
})

test('fire times missed while the process was down are due at the next start', async (t) => {
  const database = await openTestDatabase(t)
  const hourly = { hook: 'stats', crontab: '0 * * * *' }
  const jobs: JobConfigs = {
    coalesced: hourly,
    each: { ...hourly, coalesce: false },
    graced: { ...hourly, coalesce: false, misfireGraceTime: 6_000 },
  }
  const first = startScheduler(t, { database, jobs, at: '2026-01-01T00:30' })
  first.send({ type: 'START' })
  await first.running()
  await first.clock.advance(HOUR)
  await first.drain()

  const second = startScheduler(t, {
    database,
    jobs: { ...jobs, newcomer: hourly },
    at: '2026-01-01T04:30',
  })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(100)
  const told = (job: string) =>
    second.events.flatMap((event) =>
      'job' in event && event.job === job
        ? [`${event.type} ${'fireTimes' in event ? (event.fireTimes as number) : ''}`]
        : [],
    )
  assert.deepEqual(told('coalesced'), ['job.fired 3'])
  assert.deepEqual(told('each'), ['job.fired 1', 'job.fired 1', 'job.fired 1'])
  assert.equal(second.events.filter((event) => event.type === 'job.missed').length, 1)
  assert.deepEqual(told('graced').slice(1), ['job.fired 1', 'job.fired 1'])
  assert.deepEqual(told('newcomer'), [])
})

test('a crash during a firing does not fire its time again, and does not lose those that waited', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { each: { hook: 'stats', crontab: '0 * * * *', coalesce: false } }
  const gates = gate()
  const first = startScheduler(t, { database, jobs, at: '2026-01-01T00:30', fire: gates.wait })
  first.send({ type: 'START' })
  await first.running()
  await first.clock.leap(3 * HOUR)
  assert.deepEqual(first.told('each'), ['fired 01:00 for 1'])
  gates.open()
  await first.clock.advance(1)
  assert.deepEqual(first.told('each'), ['fired 02:00 for 1'])
  await first.kill()

  const second = startScheduler(t, { database, jobs, at: '2026-01-01T03:40' })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(1_000)
  assert.deepEqual(second.told('each'), [
    'failed: the process that ran job "each" for 2026-01-01T02:00:00.000Z ended before it did, again in undefined',
    'fired 03:00 for 1',
  ])
})

test('maxInstances: one more is skipped', async (t) => {
  const database = await openTestDatabase(t)
  const gates = gate()
  const jobs: JobConfigs = { slow: { hook: 'stats', crontab: '0 * * * *', maxInstances: 2 } }
  const run = startScheduler(t, { database, jobs, at: '2026-01-01T00:30', fire: gates.wait })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(3 * HOUR)
  assert.deepEqual(run.told('slow'), ['fired 01:00 for 1', 'fired 02:00 for 1', 'skipped 03:00'])
  gates.open()
  await run.clock.advance(HOUR)
  assert.deepEqual(run.told('slow'), ['fired 04:00 for 1'])
  gates.open()
  await run.drain()
})

test('a failing firing is told, counted and stored, and the job goes on', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { bad: { hook: 'stats', crontab: '0 * * * *' } }
  const run = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:30',
    fire: () => {
      throw new Error('boom', { cause: new Error('because') })
    },
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(2 * HOUR)
  const failed = 'failed: boom, again in undefined'
  assert.deepEqual(run.told('bad'), ['fired 01:00 for 1', failed, 'fired 02:00 for 1', failed])
  await run.drain()
  const [row] = await database.sql`select failed, last_error from ${database.sql(database.ownSchema)}.job`
  assert.deepEqual(row, { failed: 2n, last_error: 'boom: because' })
})

test('a daemon is started again with back-off, and asked to end by its signal', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { daemon: { hook: 'refresh', daemon: true } }
  let starts = 0
  const run = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:00',
    fire: async (_, signal) => {
      if (++starts === 1) return
      if (starts === 2) throw new Error('boom')
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(999)
  assert.deepEqual(run.told('daemon'), [
    'fired now for 0',
    'failed: the hook of daemon "daemon" returned, and is to run as long as Pawl does, again in 1000',
  ])
  await run.clock.advance(1)
  assert.deepEqual(run.told('daemon'), ['fired now for 0', 'failed: boom, again in 2000'])
  await run.clock.advance(HOUR)
  assert.deepEqual(run.told('daemon'), ['fired now for 0'])
  await run.drain()
  assert.deepEqual(run.told('daemon'), [])
  assert.equal(starts, 3)
})

test('drained, it fires no more and waits for what runs', async (t) => {
  const database = await openTestDatabase(t)
  const gates = gate()
  const jobs: JobConfigs = { slow: { hook: 'stats', interval: '1h' } }
  let aborted = false
  const run = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:00',
    fire: (_, signal) => {
      signal.addEventListener('abort', () => (aborted = true))
      return gates.wait()
    },
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(HOUR)
  let drained = false
  const draining = run.drain().then(() => (drained = true))
  await run.clock.advance(HOUR)
  assert.deepEqual([drained, aborted, gates.size], [false, false, 1])
  gates.open()
  await draining
  assert.equal(aborted, false)
  assert.deepEqual(run.told('slow'), ['fired 01:00 for 1'])
  assert.equal(run.clock.pending, 0)
})

test('a fire time that was refused because Pawl stops is due at the next start', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { nightly: { hook: 'stats', crontab: '0 1 * * *' } }
  let refuse: (reason: Error) => void = () => {}
  const first = startScheduler(t, {
    database,
    jobs,
    at: '2026-01-01T00:30',
    fire: () => new Promise((_, reject) => void (refuse = reject)),
  })
  first.send({ type: 'START' })
  await first.running()
  await first.clock.advance(HOUR)
  const drained = first.drain()
  refuse(new StoppingError('Pawl is stopping'))
  await drained
  const second = startScheduler(t, { database, jobs, at: '2026-01-01T02:00' })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(1_000)
  assert.deepEqual(second.told('nightly'), ['fired 01:00 for 1'])
})

test('a paused job stays paused over a restart, and what passed meanwhile is not due', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { hourly: { hook: 'stats', crontab: '0 * * * *' } }
  const first = startScheduler(t, { database, jobs, at: '2026-01-01T00:30' })
  first.send({ type: 'START' })
  await first.running()
  first.send({ type: 'PAUSE_JOB', job: 'hourly' })
  first.send({ type: 'PAUSE_JOB', job: 'no such job' })
  first.send({ type: 'RESUME_JOB', job: 'no such job' })
  await first.clock.advance(2 * HOUR)
  await first.drain()
  assert.deepEqual(first.told('hourly'), [])
  const second = startScheduler(t, { database, jobs, at: '2026-01-01T05:30' })
  second.send({ type: 'START' })
  await second.running()
  await second.clock.advance(HOUR)
  assert.deepEqual(second.told('hourly'), [])
  second.send({ type: 'RESUME_JOB', job: 'hourly' })
  second.send({ type: 'RESUME_JOB', job: 'hourly' })
  await second.clock.advance(HOUR)
  assert.deepEqual(second.told('hourly'), ['fired 07:00 for 1'])
})

test('a clock set forward, a suspended machine and a clock set back', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { hourly: { hook: 'stats', crontab: '0 * * * *' } }
  const run = startScheduler(t, { database, jobs, at: '2026-01-01T00:30' })
  run.send({ type: 'START' })
  await run.running()
  run.clock.set(Date.parse('2026-01-01T03:30Z'))
  await run.clock.advance(MINUTE)
  assert.deepEqual(run.told('hourly'), ['fired 03:00 for 3'])
  await run.clock.leap(2 * HOUR)
  assert.deepEqual(run.told('hourly'), ['fired 05:00 for 2'])
  // A little: waited for, nothing twice.
  run.clock.set(Date.parse('2026-01-01T04:30Z'))
  await run.clock.advance(HOUR)
  assert.deepEqual(run.told('hourly'), [])
  await run.clock.advance(HOUR)
  assert.deepEqual(run.told('hourly'), ['fired 06:00 for 1'])
  // By years: the clock was wrong before.
  run.clock.set(Date.parse('2024-01-01T00:30Z'))
  await run.clock.advance(HOUR)
  assert.deepEqual(run.told('hourly'), ['fired 01:00 for 1'])
  await run.drain()
})

test('rows stored by a clock that ran years ahead do not stop the jobs', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { hourly: { hook: 'stats', crontab: '0 * * * *' } }
  for (const at of ['2036-01-01T00:30', '2026-01-01T00:30']) {
    const run = startScheduler(t, { database, jobs, at })
    run.send({ type: 'START' })
    await run.running()
    await run.clock.advance(HOUR)
    assert.deepEqual(run.told('hourly'), ['fired 01:00 for 1'])
    await run.drain()
  }
})

test('a bad trigger ends the scheduler with what is wrong', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { bad: { hook: 'stats', crontab: '61 * * * *' } }
  const run = startScheduler(t, { database, jobs, at: '2026-01-01T00:30' })
  run.send({ type: 'START' })
  await assert.rejects(run.running(), /jobs\.bad\.crontab: minute "61" is out of range/)
})
