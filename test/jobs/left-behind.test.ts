import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../src/database/open-database.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import type { JobStore } from '../../src/jobs/job-store.ts'
import { silentLogger } from '../../src/logger.ts'
import { createMigratedDatabase, openTestDatabase } from '../support/test-database.ts'
import { startScheduler } from './running-scheduler.ts'

const MINUTE = 60_000

for (const then of ['replaced', 'removed'] as const) {
  test(`a firing that was taken over and waits is not lost when its job is ${then}`, async (t) => {
    const database = await openTestDatabase(t)
    const own = database.sql(database.ownSchema)
    const job = (x: number) =>
      ({ hook: 's', crontab: '0 * * * *', retry: { attempts: 3, delay: '30m' }, args: { x } }) as const
    const dead = startScheduler(t, {
      database,
      jobs: {},
      at: '2026-01-01T00:59:00',
      fire: () => Promise.reject(new Error('boom')),
    })
    dead.send({ type: 'START' })
    await dead.running()
    await dead.jobs.add('j', job(1))
    await dead.clock.advance(MINUTE)
    await dead.kill()
    const ran: unknown[] = []
    const run = startScheduler(t, {
      database,
      jobs: {},
      at: '2026-01-01T01:01:00',
      fire: ({ args }) => void ran.push(args),
    })
    run.send({ type: 'START' })
    await run.running()
    await run.clock.advance(1)
    await (then === 'replaced' ? run.jobs.add('j', job(2)) : run.jobs.remove('j'))
    await run.clock.advance(40 * MINUTE)
    const [row] = await database.sql`select status, attempt from ${own}.job_run`
    if (then === 'replaced') {
      assert.deepEqual(ran, [{ x: 2 }])
      assert.deepEqual(row, { status: 'succeeded', attempt: 2 })
    } else {
      assert.deepEqual(run.told('j'), ['skipped 01:00 (removed)'])
      assert.deepEqual(row, { status: 'skipped', attempt: 2 })
    }
  })
}

test('runs are taken over by who knows their job, or of jobs that are gone', async (t) => {
  const database = await openTestDatabase(t)
  const store = createJobStore(database)
  const now = new Date('2026-01-01T00:00:00Z')
  const known = ['mine', 'others', 'gone'].map((name) => ({ name, hook: 's', schedule: '' }))
  await store.load(known, now)
  for (const { name } of known) await store.change(name, { type: 'run' }, now)
  await store.change('gone', { type: 'remove' }, now)
  const taken = await store.takeOver((name) => name === 'mine')
  assert.deepEqual(taken.map(({ job }) => job).toSorted(), ['gone', 'mine'])
  const later = await store.takeOver(() => true)
  assert.deepEqual(
    later.map(({ job }) => job),
    ['others'],
  )
})

test('processes that start and processes that fire do not end each other', async (t) => {
  const { url } = await createMigratedDatabase(t)
  const open = () => openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  const databases = await Promise.all([open(), open()])
  t.after(() => Promise.all(databases.map((database) => database.close())))
  const [starting, firing] = databases.map((database) => createJobStore(database))
  assert.ok(starting && firing)
  const names = Array.from({ length: 400 }, (_, at) => `job ${String(at).padStart(3, '0')}`)
  const backwards = names.toReversed().map((name) => ({ name, hook: 's', schedule: 'every 60 s' }))
  await starting.load(backwards, new Date('2026-01-01T00:00Z'))
  for (let minute = 1; minute <= 15; minute++) {
    const until = new Date(Date.UTC(2026, 0, 1) + minute * MINUTE)
    const runs = [{ fireTime: until, fireTimes: 1, begun: true }]
    await Promise.all([
      starting.load(backwards, until),
      firing.claim(names.map((job) => ({ job, until, next: undefined, runs }))),
    ])
  }
})

test('a database that is away for a moment does not end what loads the jobs', async (t) => {
  let failures = 0
  const faulty = new Proxy(createJobStore(await openTestDatabase(t)), {
    get: (target, key: keyof JobStore) => {
      if (key !== 'load') return (target[key] as () => unknown).bind(target)
      const load: JobStore['load'] = (...given) =>
        failures++ < 2 ? Promise.reject(new Error('the database is away')) : target.load(...given)
      return load
    },
  })
  const run = startScheduler(t, {
    database: faulty,
    jobs: { j: { hook: 's', interval: 60 } },
    at: '2026-01-01T00:00:00',
    mayPass: (error) => error instanceof Error && error.message === 'the database is away',
  })
  run.send({ type: 'START' })
  await run.clock.advance(3_000)
  await run.running()
  await run.clock.advance(MINUTE)
  assert.deepEqual(run.told('j'), ['fired 00:01 for 1'])
})
