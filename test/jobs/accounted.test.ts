import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { JobConfig, JobConfigs } from '../../src/config/config.ts'
import { StoppingError } from '../../src/errors.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import { JobBook } from '../../src/jobs/job-book.ts'
import { createRecord, noteWaiting } from '../../src/jobs/job-record.ts'
import type { JobStore } from '../../src/jobs/job-store.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { parseTrigger } from '../../src/jobs/parse-trigger.ts'
import { FIRING } from '../../machines/job.machine.ts'
import { silentLogger } from '../../src/logger.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler, type Fire } from './running-scheduler.ts'

const MINUTE = 60_000
const minutely: JobConfig = { hook: 's', crontab: '* * * * *' }

const stores = {
  'in a database': async (t: TestContext) => createJobStore(await openTestDatabase(t)),
  'in memory': async () => createMemoryJobStore(),
}

async function start(
  t: TestContext,
  store: JobStore,
  options: { jobs: JobConfigs; at: string; fire?: Fire },
) {
  const run = startScheduler(t, { database: store, ...options })
  run.send({ type: 'START' })
  await run.running()
  return run
}

/** `fired, coalesced, missed, skipped`. */
async function counts(store: JobStore): Promise<readonly number[]> {
  const [job] = await store.read(['j'])
  assert.ok(job)
  return [job.fired, job.coalesced, job.missed, job.skipped]
}

for (const [where, open] of Object.entries(stores)) {
  const replacements: readonly (readonly [
    string,
    JobConfig,
    JobConfig,
    readonly string[],
    readonly number[],
  ])[] = [
    [
      'a daemon',
      minutely,
      { hook: 'watch', daemon: true },
      ['fired now for 0', 'skipped 00:03 (removed)'],
      [1, 0, 0, 3],
    ],
    [
      'one that coalesces',
      { ...minutely, coalesce: false },
      minutely,
      ['fired 00:01 for 1', 'fired 00:02 for 1', 'fired 00:03 for 1'],
      [3, 0, 0, 0],
    ],
    [
      'one that does not coalesce',
      minutely,
      { ...minutely, coalesce: false },
      ['fired 00:03 for 3'],
      [1, 2, 0, 0],
    ],
  ]
  for (const [what, before, after, told, counted] of replacements) {
    test(`${where}: a job becomes ${what} while its fire times are claimed`, async (t) => {
      const store = await open(t)
      const { claim } = store
      const run = await start(t, store, {
        jobs: {},
        at: '2026-01-01T00:00:30',
        fire: ({ hook }, signal) =>
          hook === 's'
            ? undefined
            : new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      })
      await run.jobs.add('j', before)
      store.claim = async (claims) => {
        const answers = await claim.call(store, claims)
        store.claim = claim
        await run.jobs.add('j', after)
        return answers
      }
      await run.clock.leap(3 * MINUTE)
      await run.clock.advance(1_000)
      assert.deepEqual(run.told('j'), told)
      assert.deepEqual(await counts(store), counted)
      await run.drain()
      assert.deepEqual(await store.takeOver(() => true), [])
    })
  }

  test(`${where}: firings that were left behind, and are late together, are missed each`, async (t) => {
    const store = await open(t)
    const dead = await start(t, store, {
      jobs: { j: { ...minutely, coalesce: false } },
      at: '2026-01-01T00:00:30',
      fire: () => new Promise(() => {}),
    })
    await dead.clock.leap(4 * MINUTE)
    await dead.kill()
    let end = (): void => {}
    const run = await start(t, store, {
      jobs: { j: { ...minutely, misfireGraceTime: 600 } },
      at: '2026-01-01T00:04:40',
      fire: ({ origin }) =>
        origin.fireTime?.getUTCMinutes() === 2 ? new Promise((resolve) => void (end = resolve)) : undefined,
    })
    // What was left behind is taken over.
    await run.clock.advance(1)
    await run.jobs.pause('j')
    await run.clock.advance(20 * MINUTE)
    end()
    await run.jobs.resume('j')
    await run.clock.advance(1)
    assert.deepEqual(run.told('j').slice(1), ['fired 00:02 for 1', 'missed 00:03,00:04'])
    assert.deepEqual(await counts(store), [2, 0, 2, 0])
    await run.drain()
    assert.deepEqual(await store.takeOver(() => true), [])
  })

  test(`${where}: a firing that was refused because Pawl stops counts as fired when it is`, async (t) => {
    const store = await open(t)
    const jobs = { j: minutely }
    const stopping = await start(t, store, {
      jobs,
      at: '2026-01-01T00:00:30',
      fire: () => Promise.reject(new StoppingError('Pawl is stopping')),
    })
    await stopping.clock.leap(2 * MINUTE)
    await stopping.drain()
    assert.deepEqual(await counts(store), [0, 0, 0, 0])
    const run = await start(t, store, { jobs, at: '2026-01-01T00:02:40' })
    await run.clock.advance(1)
    assert.deepEqual(run.told('j'), ['fired 00:02 for 2'])
    assert.deepEqual(await counts(store), [1, 1, 0, 0])
  })
}

test('of a fire time that has come to its end nothing is kept', async () => {
  const store = createMemoryJobStore()
  await store.load([{ name: 'j', hook: 's', schedule: '' }], new Date(0))
  const [state] = await store.read()
  assert.ok(state)
  const record = createRecord(minutely, parseTrigger(minutely), state, {})
  const book = new JobBook({ store, emit: () => {}, logger: silentLogger, now: () => 0 })
  const firing = { ...FIRING, fireTime: new Date(60_000) }
  const ends = {
    skipped: () => book.skipped(record, [firing], { reason: 'maxInstances', running: 1 }),
    missed: () => book.missed(record, [firing], 'late'),
    finished: () => book.finished(record, firing),
    released: () => void book.released(record, [firing]),
  }
  for (const [end, ended] of Object.entries(ends)) {
    noteWaiting(record, firing)
    ended()
    assert.equal(record.waiting?.size, 0, end)
  }
})
