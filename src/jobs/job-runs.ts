import type { Database } from '../database/database.ts'
import { CHANGES } from './change-job.ts'
import type { Claim, Claimed, JobTally, Run, RunKey } from './job-store.ts'

const json = (value: unknown): string => JSON.stringify(value)

/** ms. Clocks of machines that are right differ by less. */
const CLOCKS_DIFFER = 10_000

/** ms. For longer no database is away from a process that then writes again what it had written. */
const WRITTEN_AGAIN = 7 * 86_400_000

/** So many runs are forgotten by one statement. */
const MOST_PRUNED = 10_000

/** See `JobStore.claim`. */
export async function claimRuns(
  database: Database,
  owner: string,
  claims: readonly Claim[],
): Promise<readonly Claimed[]> {
  const { sql } = database
  const own = sql(database.ownSchema)
  const given = claims.flatMap(({ job, until, next, runs, again }) =>
    runs.length === 0 ? [{ job, until, next }] : runs.map((run) => ({ job, until, next, again, ...run })),
  )
  const rows = await sql<{ name: string; was: Date; fire_time: Date | null }[]>`
    select * from ${own}.claim_runs(${json(given)}::text::json, ${owner})`
  const found = new Map<string, { accounted: Date; fireTimes: Date[] }>()
  for (const { name, was, fire_time: fireTime } of rows) {
    const claimed = found.get(name) ?? { accounted: was, fireTimes: [] }
    if (fireTime !== null) claimed.fireTimes.push(fireTime)
    found.set(name, claimed)
  }
  return claims.map(({ job, until }) => found.get(job) ?? { accounted: until, fireTimes: [], gone: true })
}

export interface RunBatch {
  readonly owner: string
  readonly runs: readonly Run[]
  readonly tallies: ReadonlyMap<string, JobTally>
  /** Who numbers its batches, each with a greater one. One of a number that was written before is not written again. */
  readonly writer: string
  /** Undefined: written again, it says the same. */
  readonly number: number | undefined
}

/**
 * Writes what runs came to, and adds to the jobs' counts; one transaction.
 * @returns the runs that were left alone, as another process has them
 */
export async function writeRuns(
  database: Database,
  { owner, runs, tallies, writer, number }: RunBatch,
): Promise<readonly RunKey[]> {
  const { sql } = database
  const own = sql(database.ownSchema)
  const rows = runs.map((run) => ({ ...run, owner: run.released === true ? null : owner }))
  const counts = [...tallies].map(([name, tally]) => ({ name, ...tally }))
  return sql<RunKey[]>`
    select left_job as job, left_fire_time as "fireTime"
    from ${own}.write_runs(
      ${json(rows)}::text::json, ${json(counts)}::text::json, ${owner}, ${writer}, ${number ?? null})`
}

/**
 * See `JobStore.rewind`. A run that has its row is not claimed: those that ended in a time to come would keep theirs from being run in
 * it. One of the next seconds may be another process's, whose clock is a little ahead. The others hear of it: jobs may count from now.
 */
export async function rewindJobs(database: Database, by: string, now: Date): Promise<void> {
  const { sql } = database
  const own = sql(database.ownSchema)
  const at = sql`${now.toISOString()}::text::timestamptz`
  await sql`
    with ahead as (
      select name from ${own}.job
      where accounted > ${at} or anchor > ${at} or paused_at > ${at} or upper(pauses) > ${at}
      order by name for update),
    forgotten as (
      delete from ${own}.job_run
      where finished_at is not null and fire_time > ${at} + ${CLOCKS_DIFFER} * interval '1 ms'),
    rewound as (
      update ${own}.job set accounted = least(accounted, ${at}), anchor = least(anchor, ${at}),
        paused_at = case when paused_at is not null then least(paused_at, ${at}) end,
        pauses = pauses * tstzmultirange(tstzrange(null, ${at}, '(]'))
      from ahead where job.name = ahead.name returning job.name)
    select pg_notify(${CHANGES}, ${json({ schema: database.ownSchema, by, all: true })})
    where exists (select from rewound)`
}

/** See `JobStore.prune`: a part of them a statement, so that none lasts long. */
export async function pruneRuns(database: Database, before: Date): Promise<void> {
  const { sql } = database
  const own = sql(database.ownSchema)
  for (let count = MOST_PRUNED; count === MOST_PRUNED;) {
    const pruned = await sql`
      delete from ${own}.job_run where ctid = any (array(
        select ctid from ${own}.job_run where finished_at < ${before.toISOString()}::text::timestamptz limit ${MOST_PRUNED}))`
    count = pruned.count
  }
  await sql`delete from ${own}.job_writer where written_at < clock_timestamp() - ${WRITTEN_AGAIN} * interval '1 ms'`
}
