import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import type { JobStore } from '../../src/jobs/job-store.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler } from './running-scheduler.ts'

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
