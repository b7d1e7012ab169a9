import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import type { JobStore } from '../../src/jobs/job-store.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler, type RunningScheduler } from './running-scheduler.ts'

const SECOND = 1_000
const HOUR = 3_600_000
const jobs = { j: { hook: 's', crontab: '0 * * * *' } } as const

test('a clock set back by hours: what its wrong time had run is run again when it comes', async (t) => {
  const store = createJobStore(await openTestDatabase(t))
  let failures = 0
  const faulty = new Proxy(store, {
    get: (target, key: keyof JobStore) => {
      if (key !== 'rewind') return (target[key] as () => unknown).bind(target)
      const rewind: JobStore['rewind'] = (now) =>
        failures++ === 0 ? Promise.reject(new Error('the database is away')) : target.rewind(now)
      return rewind
    },
  })
  const run = startScheduler(t, { database: faulty, jobs, at: '2026-01-01T12:30:00' })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(5 * HOUR)
  assert.equal(run.told('j').length, 5)
  run.clock.set(Date.parse('2026-01-01T12:30Z'))
  await run.clock.advance(3 * HOUR)
  assert.deepEqual(run.told('j'), ['fired 13:00 for 1', 'fired 14:00 for 1', 'fired 15:00 for 1'])
})

test('also when it was set back while the process was down', async (t) => {
  const database = await openTestDatabase(t)
  for (const expected of [5, 5]) {
    const run = startScheduler(t, { database, jobs, at: '2026-01-01T12:30:00' })
    run.send({ type: 'START' })
    await run.running()
    await run.clock.advance(5 * HOUR)
    assert.equal(run.told('j').length, expected)
    await run.drain()
  }
})

for (const [where, open] of Object.entries({
  'in a database': async (t: TestContext) => createJobStore(await openTestDatabase(t)),
  'in memory': async () => createMemoryJobStore(),
})) {
  test(`${where}: what an interval counts from, and pauses, are of no time to come`, async (t) => {
    const store = await open(t)
    const hourly = { hook: 's', crontab: '0 * * * *' } as const
    const started = { every: { hook: 's', interval: '1h' }, before: hourly, still: hourly } as const
    const fired = (run: RunningScheduler, job: string, since = 0) =>
      run.events
        .slice(since)
        .flatMap((event) =>
          event.type === 'job.fired' && event.job === job ? [event.fireTime?.getUTCHours()] : [],
        )
    const wrong = startScheduler(t, { database: store, jobs: started, at: '2026-01-02T12:30:00' })
    wrong.send({ type: 'START' })
    await wrong.running()
    await wrong.clock.advance(1)
    await wrong.jobs.pause('before')
    await wrong.clock.advance(3 * HOUR)
    await wrong.jobs.resume('before')
    await wrong.jobs.pause('still')
    const before = wrong.events.length
    wrong.clock.set(Date.parse('2026-01-02T10:45Z'))
    await wrong.clock.advance(4 * HOUR)
    assert.deepEqual(fired(wrong, 'every', before), [11, 12, 13])
    assert.deepEqual(fired(wrong, 'before', before), [11, 12, 13, 14])
    await wrong.jobs.resume('still')
    await wrong.clock.advance(HOUR)
    assert.deepEqual(fired(wrong, 'still', before), [15])
    await wrong.drain()
    // Set back while the process is down.
    const right = startScheduler(t, { database: store, jobs: started, at: '2026-01-02T05:15:00' })
    right.send({ type: 'START' })
    await right.running()
    await right.clock.advance(2 * HOUR)
    assert.deepEqual(fired(right, 'every'), [6, 7])
  })
}

test('a claim that is answered after the clock was set back keeps no job silent', async (t) => {
  const store = createJobStore(await openTestDatabase(t))
  let away = false
  const faulty = new Proxy(store, {
    get: (target, key: keyof JobStore) => {
      if (key !== 'claim') return (target[key] as () => unknown).bind(target)
      const claim: JobStore['claim'] = (claims) =>
        away ? Promise.reject(new Error('the database is away')) : target.claim(claims)
      return claim
    },
  })
  const run = startScheduler(t, { database: faulty, jobs, at: '2026-01-01T12:59:00' })
  run.send({ type: 'START' })
  await run.running()
  away = true
  await run.clock.advance(2 * 60 * SECOND)
  run.clock.set(Date.parse('2026-01-01T06:30Z'))
  await run.clock.advance(60 * SECOND)
  away = false
  await run.clock.advance(3 * HOUR)
  assert.deepEqual(run.told('j'), [
    'fired 13:00 for 1',
    'fired 07:00 for 1',
    'fired 08:00 for 1',
    'fired 09:00 for 1',
  ])
})

test('another process that fires the same interval hears what it counts from then', async (t) => {
  const database = await openTestDatabase(t)
  const start = async (at: string) => {
    const run = startScheduler(t, { database, jobs: {}, at })
    run.send({ type: 'START' })
    await run.running()
    return run
  }
  const right = await start('2026-01-01T06:44:00')
  const wrong = await start('2026-01-01T12:30:00')
  let heard = (_told: string): void => {}
  const hearing = (words: string) =>
    new Promise<void>((resolve) => (heard = (told) => void (told.includes(words) && resolve())))
  const listening = await database.listen('pawl_jobs', (told) => heard(told))
  const added = hearing('"job":"j"')
  await wrong.jobs.add('j', { hook: 's', interval: '1h' })
  await added
  const rewound = hearing('"all":true')
  wrong.clock.set(Date.parse('2026-01-01T06:45Z'))
  await wrong.clock.advance(60 * SECOND)
  await rewound
  await listening.unlisten()
  await right.clock.advance(8 * HOUR)
  assert.deepEqual(
    right.events.flatMap((event) => (event.type === 'job.fired' ? [event.fireTime?.getUTCHours()] : [])),
    [7, 8, 9, 10, 11, 12, 13],
  )
})

test('a clock set back a little: daemons and attempts wait no longer for that', async (t) => {
  const ran = { daemon: 0, retried: 0 }
  const run = startScheduler(t, {
    database: await openTestDatabase(t),
    jobs: {
      daemon: { hook: 'daemon', daemon: true },
      retried: { hook: 'retried', crontab: '0 13 * * *', retry: { attempts: 3, delay: '10s' } },
    },
    at: '2026-01-01T12:59:59',
    fire: ({ hook }) => {
      ran[hook as 'daemon' | 'retried']++
      throw new Error('boom')
    },
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(2 * SECOND)
  assert.equal(ran.retried, 1)
  const before = ran.daemon
  run.clock.set(run.clock.now() - 2.5 * HOUR)
  await run.clock.advance(60 * SECOND)
  assert.equal(ran.retried, 3)
  assert.ok(ran.daemon >= before + 3, `${ran.daemon - before} restarts`)
})
