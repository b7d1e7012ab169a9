import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countJobs } from '../../src/jobs/count-jobs.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('a job counts as failing until a firing of it succeeds again; a daemon for as long as it failed ever', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  const jobs = [
    { name: 'sound', schedule: 'every 60 s', failed: 0, paused: false },
    { name: 'mended', schedule: 'every 60 s', failed: 3, paused: true },
    { name: 'broken', schedule: 'every 60 s', failed: 1, paused: false },
    { name: 'cut off', schedule: 'every 60 s', failed: 1, paused: false },
    { name: 'loop', schedule: 'daemon', failed: 1, paused: false },
  ]
  await sql`insert into pawl.job ${sql(jobs.map((job) => ({ ...job, hook: 'stats', anchor: new Date(0), accounted: new Date(0) })))}`
  const run = (job: string, minute: number, status: string) => ({
    job,
    fire_time: new Date(minute * 60_000),
    status,
  })
  const runs = [
    run('mended', 1, 'failed'),
    run('mended', 2, 'succeeded'),
    run('broken', 1, 'succeeded'),
    run('broken', 2, 'failed'),
    // What came to nothing, or has not ended, says nothing.
    run('broken', 3, 'skipped'),
    run('broken', 4, 'running'),
    run('cut off', 1, 'lost'),
  ]
  await sql`insert into pawl.job_run ${sql(runs)}`
  assert.deepEqual({ ...(await countJobs(database)) }, { all: 5, paused: 1, failing: 3 })
})
