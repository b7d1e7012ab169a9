import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startRoot } from '../hooks/running-root.ts'
import { until } from '../support/until.ts'

const PROGRAM = fileURLToPath(new URL('skewed-process.js', import.meta.url))
/** ms */
const SKEW = 30_000

test(
  'two processes whose clocks are a minute apart fire each time once, and none before its time',
  { timeout: 120_000 },
  async (t) => {
    const { sql, url } = await startRoot(t, {
      roles: ['indexer'],
      on_reindex: async ({ sql }) =>
        void (await sql`
          create table ran (job text, fire_time timestamptz, ahead int, at timestamptz default clock_timestamp(),
            id int generated always as identity primary key)`),
    })
    await until(sql, (sql) => sql`select from pg_class where relname = 'ran'`)
    const start = (ahead: number): ChildProcess => {
      const child = fork(PROGRAM, [url, String(ahead)])
      t.after(() => child.kill('SIGKILL'))
      return child
    }
    /** Wherever else, this one fires so many from now on. */
    const fires = async (ahead: number, count: number): Promise<void> => {
      const [{ now } = { now: '' }] = await sql<{ now: string }[]>`select clock_timestamp()::text as now`
      await until(
        sql,
        (sql) =>
          sql`select where (select count(*) from ran where ahead = ${ahead} and at > ${now}) >= ${count}`,
      )
    }
    const kill = async (child: ChildProcess): Promise<void> => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }

    const [fast, slow] = [start(SKEW), start(-SKEW)]
    await until(sql, (sql) => sql`select where (select count(*) from ran) >= 12`)
    await kill(fast)
    await fires(-SKEW, 8)
    const again = start(SKEW)
    await until(
      sql,
      (sql) => sql`select where (select count(*) from pawl.process where roles = '{scheduler}') >= 2`,
    )
    await kill(slow)
    await fires(SKEW, 8)
    again.send('stop')
    await once(again, 'exit')

    const rows = await sql<{ job: string; early: number; count: number; attempt: number }[]>`
      select job, fire_time, count(*)::int as count, max(run.attempt) as attempt,
        max(extract(epoch from ran.fire_time - ran.at))::float8 as early
      from ran left join pawl.job_run run using (job, fire_time) group by job, fire_time`
    assert.ok(rows.length > 10)
    // A run that its process's death cut off may have done its work.
    assert.deepEqual(
      rows.filter(({ count, attempt }) => attempt === null || count > attempt),
      [],
    )
    // s. What two machines can know of one time over a network; their own clocks are off by 30.
    assert.deepEqual(
      rows.filter(({ early }) => early > 0.5),
      [],
    )
    const ends = await sql<{ status: string; fire_times: number }[]>`
      select job, fire_time, status, fire_times from pawl.job_run where status not in ('succeeded', 'lost')`
    assert.deepEqual([...ends], [], 'missed, skipped or failed')
    // From the first to the last, each second has a row of its own.
    const gaps = await sql`
      select job, fire_time, next from (
        select job, fire_time, lead(fire_time) over (partition by job order by fire_time) as next from pawl.job_run) run
      where next - fire_time <> interval '1 second'`
    assert.deepEqual([...gaps], [], 'fire times unaccounted for')
  },
)
