import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import type { JobConfigs } from '../../src/config/config.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import type { JobStore } from '../../src/jobs/job-store.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler, type Fire } from './running-scheduler.ts'

const MINUTE = 60_000

/** Two processes on one database: `a` fires first, and `takeAll` is what `b` does when `a` stood still for too long. */
async function startTwo(t: TestContext, jobs: JobConfigs, fire: Record<'a' | 'b', Fire>) {
  const database = await openTestDatabase(t)
  const own = database.sql(database.ownSchema)
  const start = async (name: 'a' | 'b') => {
    const run = startScheduler(t, { database, jobs, at: '2026-01-01T00:59:00', fire: fire[name] })
    run.send({ type: 'START' })
    await run.running()
    return run
  }
  const [a, b] = [await start('a'), await start('b')]
  const takeAll = async (): Promise<void> => {
    const [{ owner } = {}] = await database.sql<
      { owner: string }[]
    >`select distinct owner from ${own}.job_run`
    assert.ok(owner)
    // By hand: that `b` looks, at once.
    const told = JSON.stringify({ schema: database.ownSchema, job: '', by: '', run: true })
    for (let left = 1; left > 0;) {
      // Again and again: its heartbeat puts it back.
      await database.sql`delete from ${own}.process where id = ${owner}`
      await database.sql`select pg_notify('pawl_jobs', ${told})`
      await b.clock.advance(0)
      left = (await database.sql`select from ${own}.job_run where owner = ${owner} and status = 'due'`).length
    }
  }
  const rows = () =>
    database.sql`select status, attempt from ${own}.job_run order by fire_time`.then((found) =>
      found.map(({ status, attempt }) => `${String(status)} ${String(attempt)}`),
    )
  const counts = async () => (await database.sql`select fired, retried, failed from ${own}.job`)[0]
  return { a, b, takeAll, rows, counts }
}

test('a firing that waits for its retry runs once, though its process was given up', async (t) => {
  const ran: string[] = []
  const jobs = { j: { hook: 's', crontab: '0 * * * *', retry: { attempts: 3, delay: '5m' } } } as const
  const { a, b, takeAll, rows, counts } = await startTwo(t, jobs, {
    a: () => {
      ran.push('a')
      if (ran.length === 1) throw new Error('first')
    },
    b: () => void ran.push('b'),
  })
  await a.clock.advance(MINUTE)
  await b.clock.advance(MINUTE)
  await takeAll()
  await b.clock.advance(6 * MINUTE)
  await a.clock.advance(6 * MINUTE)
  assert.deepEqual(ran, ['a', 'b'])
  assert.deepEqual(await rows(), ['succeeded 2'])
  assert.deepEqual(a.told('j').slice(1), ['retried 01:00 as 2 in 300000', 'skipped 01:00 (elsewhere)'])
  assert.deepEqual(await counts(), { fired: 1n, retried: 1n, failed: 0n })
})

test('one that waits for its turn, too, and each counts once', async (t) => {
  const ran: string[] = []
  const first = new EventTarget()
  const begun = once(first, 'begun')
  const jobs = { j: { hook: 's', crontab: '* * * * *', coalesce: false } } as const
  const { a, b, takeAll, counts } = await startTwo(t, jobs, {
    a: async ({ origin }) => {
      ran.push(`a ${origin.fireTime?.getUTCMinutes()}`)
      first.dispatchEvent(new Event('begun'))
      if (ran.length === 1) await once(first, 'end')
    },
    b: ({ origin }) => void ran.push(`b ${origin.fireTime?.getUTCMinutes()}`),
  })
  const late = a.clock.leap(3 * MINUTE)
  await begun
  await takeAll()
  first.dispatchEvent(new Event('end'))
  await late
  await a.clock.advance(0)
  await b.clock.advance(0)
  assert.deepEqual(ran.toSorted(), ['a 0', 'b 1', 'b 2'])
  assert.equal((await counts())?.['fired'], 3n)
})

test('a firing that cannot be noted as begun has not failed: it waits until it can', async (t) => {
  const database = await openTestDatabase(t)
  const store = createJobStore(database)
  let down = false
  const faulty = new Proxy(store, {
    get: (target, key: keyof JobStore) => {
      if (key !== 'record') return (target[key] as () => unknown).bind(target)
      const record: JobStore['record'] = (job, tally, run) =>
        down && run?.status === 'running'
          ? Promise.reject(new Error('the database is away'))
          : target.record(job, tally, run)
      return record
    },
  })
  let ran = 0
  const jobs = { j: { hook: 's', interval: 3600, onError: 'stop' } } as const
  const run = startScheduler(t, { database: faulty, jobs, at: '2026-01-01T00:00:00', fire: () => void ran++ })
  run.send({ type: 'START' })
  await run.running()
  down = true
  await run.jobs.run('j')
  await run.clock.advance(5_000)
  assert.deepEqual([ran, run.fatal.length], [0, 0])
  down = false
  await run.clock.advance(1_000)
  assert.deepEqual([ran, run.fatal.length], [1, 0])
  down = true
  await run.jobs.run('j')
  await run.clock.advance(1)
  // It is for the next start.
  await run.drain()
  const left =
    await database.sql`select owner, status from ${database.sql(database.ownSchema)}.job_run order by fire_time`
  assert.deepEqual(
    left.map(({ owner, status }) => [owner === null, status]),
    [
      [false, 'succeeded'],
      [true, 'due'],
    ],
  )
  assert.deepEqual([ran, run.fatal.length], [1, 0])
})
