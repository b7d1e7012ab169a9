import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import type { JobStore } from '../../src/jobs/job-store.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { silentLogger } from '../../src/logger.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createMigratedDatabase, openTestDatabase } from '../support/test-database.ts'
import { startScheduler } from './running-scheduler.ts'

const MINUTE = 60_000

/** The same store with some methods of its own. */
const withMethods = (store: JobStore, methods: Partial<JobStore>): JobStore =>
  new Proxy(store, {
    get(target, key) {
      const own = methods[key as keyof JobStore]
      if (own !== undefined) return own
      const method = target[key as keyof JobStore] as (...args: unknown[]) => unknown
      return method.bind(target)
    },
  })

test('what was changed while nobody listened is read when that is so again', async (t) => {
  const { url } = await createMigratedDatabase(t)
  const open = () => openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  const [one, other] = await Promise.all([open(), open()])
  t.after(() => Promise.all([one.close(), other.close()]))
  let read = (): void => {}
  const store = createJobStore(one)
  const run = startScheduler(t, {
    database: withMethods(store, {
      read: async (names) => {
        const rows = await store.read(names)
        read()
        return rows
      },
    }),
    jobs: { minutely: { hook: 'stats', interval: 60 }, gone: { hook: 'stats', interval: 60 } },
    at: '2026-01-01T00:00',
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(MINUTE)
  assert.deepEqual(run.told('minutely'), ['fired 00:01 for 1'])

  const again = new Promise<void>((resolve) => void (read = resolve))
  // Nobody is told of these, as if it had been said while the session was lost.
  const own = other.sql(other.ownSchema)
  await other.sql`update ${own}.job set paused = name = 'minutely', removed = name = 'gone'`
  await other.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and query like 'listen%'`
  await again
  await run.clock.advance(3 * MINUTE)
  assert.deepEqual(run.told('minutely'), [])
  assert.deepEqual(run.told('gone'), [])
})

test('a change whose row could not be read is read again', async (t) => {
  const store = createMemoryJobStore()
  let fails = false
  const run = startScheduler(t, {
    database: withMethods(store, {
      read: (names) => {
        if (!fails) return store.read(names)
        fails = false
        return Promise.reject(new Error('connection lost'))
      },
    }),
    jobs: { minutely: { hook: 'stats', interval: 60 } },
    at: '2026-01-01T00:00',
  })
  run.send({ type: 'START' })
  await run.running()
  fails = true
  await run.jobs.pause('minutely')
  await run.clock.advance(3 * MINUTE)
  assert.deepEqual(run.told('minutely'), [])
})

test('what is changed while the jobs are loaded is so when they run', async (t) => {
  const store = createMemoryJobStore()
  const run = startScheduler(t, {
    database: withMethods(store, {
      load: async (jobs, now) => {
        const states = await store.load(jobs, now)
        await run.jobs.pause('minutely')
        await run.jobs.add('added', { hook: 'stats', interval: 60 })
        return states
      },
    }),
    jobs: { minutely: { hook: 'stats', interval: 60 } },
    at: '2026-01-01T00:00',
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(MINUTE)
  assert.deepEqual(run.told('added'), ['fired 00:01 for 1'])
  assert.deepEqual(run.told('minutely'), [])
})

test('an interval that is given again counts from then, here as in processes that start later', async (t) => {
  const database = await openTestDatabase(t)
  const jobs = { often: { hook: 'stats', interval: '10m' } } as const
  const first = startScheduler(t, { database, jobs, at: '2026-01-01T00:00' })
  first.send({ type: 'START' })
  await first.running()
  await first.clock.advance(4 * MINUTE)
  await first.jobs.reschedule('often', { interval: '10m' })
  const second = startScheduler(t, { database, jobs, at: '2026-01-01T00:04' })
  second.send({ type: 'START' })
  await second.running()
  for (let minute = 0; minute < 30; minute++) {
    await first.clock.advance(MINUTE)
    await second.clock.advance(MINUTE)
  }
  const told = [...first.told('often'), ...second.told('often')]
  assert.deepEqual(told.toSorted(), ['fired 00:14 for 1', 'fired 00:24 for 1', 'fired 00:34 for 1'])
  await Promise.all([first.drain(), second.drain()])
})
