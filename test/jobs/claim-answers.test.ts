import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import type { JobStore } from '../../src/jobs/job-store.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler } from './running-scheduler.ts'

const SECOND = 1_000
const MINUTE = 60_000

/** The same store, whose next claim ends as `next` says. */
function openFaulty(store: JobStore) {
  const control: { next: ((claim: () => Promise<unknown>) => Promise<void>) | undefined } = {
    next: undefined,
  }
  const faulty = new Proxy(store, {
    get: (target, key: keyof JobStore) => {
      if (key !== 'claim') return (target[key] as () => unknown).bind(target)
      const claim: JobStore['claim'] = async (claims) => {
        const { next } = control
        control.next = undefined
        await next?.(() => target.claim(claims))
        return target.claim(claims)
      }
      return claim
    },
  })
  return { store: faulty, control }
}

for (const coalesce of [true, false]) {
  test(`fire times whose claim was carried out, and its answer lost, are run once${coalesce ? '' : ', each'}`, async (t) => {
    const database = await openTestDatabase(t)
    const { store, control } = openFaulty(createJobStore(database))
    const jobs = { j: { hook: 's', interval: 1, coalesce } } as const
    const ran: number[] = []
    const run = startScheduler(t, {
      database: store,
      jobs,
      at: '2026-01-01T00:00:00',
      fire: ({ origin }) => void ran.push(origin.fireTime?.getUTCSeconds() ?? -1),
    })
    run.send({ type: 'START' })
    await run.running()
    control.next = async (claim) => {
      await claim()
      throw new Error('the connection was lost')
    }
    await run.clock.leap(3 * SECOND)
    await run.clock.advance(3 * SECOND)
    assert.deepEqual(ran.slice(0, 3), coalesce ? [3, 4, 5] : [1, 2, 3])
    const [job] = await run.jobs.list()
    assert.deepEqual([job?.fired, job?.coalesced, job?.skipped], coalesce ? [4, 2, 0] : [6, 0, 0])
    await run.drain()
    const left = await database.sql`select distinct status from ${database.sql(database.ownSchema)}.job_run`
    assert.deepEqual(
      left.map(({ status }) => status as string),
      ['succeeded'],
    )
  })
}

test('a job that is removed while its claim fails is gone', async (t) => {
  const database = await openTestDatabase(t)
  const { store, control } = openFaulty(createJobStore(database))
  const run = startScheduler(t, {
    database: store,
    jobs: { j: { hook: 's', interval: 60 } },
    at: '2026-01-01T00:00:00',
  })
  run.send({ type: 'START' })
  await run.running()
  control.next = async () => {
    await run.jobs.remove('j')
    throw new Error('the connection was lost')
  }
  await run.clock.advance(10 * MINUTE)
  assert.deepEqual(run.told('j'), [])
  assert.equal((await database.sql`select from ${database.sql(database.ownSchema)}.job_run`).length, 0)
})

test('a job that another process took out fires here no more', async (t) => {
  const database = await openTestDatabase(t)
  const warnings: string[] = []
  const start = async (jobs: Parameters<typeof startScheduler>[1]['jobs']) => {
    const logger = {
      debug() {},
      info() {},
      error() {},
      warn: (m: string) => void warnings.push(m),
      child: () => logger,
    }
    const run = startScheduler(t, { database, jobs, at: '2026-01-01T00:00:00', logger })
    run.send({ type: 'START' })
    await run.running()
    return run
  }
  const old = await start({ j: { hook: 's', interval: 60 }, stays: { hook: 's', interval: 60 } })
  await start({ stays: { hook: 's', interval: 60 } })
  await old.clock.advance(3 * MINUTE)
  assert.deepEqual(old.told('j'), [])
  const fired = old.events.flatMap((event) => (event.type === 'job.fired' ? [event.job] : []))
  assert.deepEqual(fired, ['stays', 'stays', 'stays'])
  assert.deepEqual(warnings, ['jobs were taken out elsewhere: they do not fire any more'])
})

test('what was claimed when everything was stopped is for others, and breaks nothing', async (t) => {
  const memory = createMemoryJobStore()
  const { store, control } = openFaulty(memory)
  // More than have an actor while they have nothing to do.
  const jobs = Object.fromEntries(
    Array.from({ length: 5_010 }, (_, at) => [`job ${at}`, { hook: 's', interval: 60 }] as const),
  )
  const run = startScheduler(t, { database: store, jobs, at: '2026-01-01T00:00:00' })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(SECOND)
  control.next = async () => {
    run.actor.stop()
  }
  await run.clock.leap(MINUTE)
  assert.deepEqual(
    run.events.map(({ type }) => type),
    ['jobs.scheduled'],
  )
  const left = await memory.takeOver(() => true)
  assert.deepEqual(new Set(left.map(({ status }) => status)), new Set(['due']))
  assert.equal(left.length, 5_010)
})
