import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openExplained } from '../support/explained-session.ts'
import { createMigratedDatabase } from '../support/test-database.ts'

const OWNER = '00000000-0000-4000-8000-000000000001'

test('what a firing writes looks up its job and its row, and does not read all, though there were none when it was planned', async (t) => {
  const { url } = await createMigratedDatabase(t)
  const { sql, scans } = await openExplained(t, url)
  await sql`
    insert into pawl.job (name, hook, schedule, anchor, accounted)
    select 'job ' || n, 'announce', '', now(), now() - interval '1 minute' from generate_series(1, 5000) n`
  await sql`analyze pawl.job`
  const now = new Date().toISOString()
  const jobs = Array.from({ length: 40 }, (_, at) => `job ${at * 7 + 1}`)
  const claims = JSON.stringify(
    jobs.map((job) => ({ job, until: now, next: now, fireTime: now, fireTimes: 1, begun: true })),
  )
  const claimed = await sql`select * from pawl.claim_runs(${claims}::text::json, ${OWNER})`
  assert.equal(claimed.length, jobs.length)
  const rest = {
    status: 'succeeded',
    attempt: 1,
    fireTimes: 1,
    byHand: false,
    startedAt: now,
    finishedAt: now,
  }
  const ended = JSON.stringify(jobs.map((job) => ({ job, fireTime: now, ...rest })))
  const counts = JSON.stringify(jobs.map((name) => ({ name, failed: 1 })))
  await sql`select pawl.write_runs(${ended}::text::json, ${counts}::text::json, ${OWNER}, ${OWNER}, 1)`
  const found = scans().filter((scan) => /^job_|^all of job/.test(scan))
  assert.ok(found.length >= 4)
  assert.deepEqual(new Set(found), new Set(['job_pkey', 'job_run_pkey']))
  const [row] = await sql`
    select count(*)::int as ended, (select sum(fired)::int from pawl.job) as fired,
      (select sum(failed)::int from pawl.job) as failed
    from pawl.job_run where status = 'succeeded'`
  assert.deepEqual(row, { ended: 40, fired: 40, failed: 40 })
})
