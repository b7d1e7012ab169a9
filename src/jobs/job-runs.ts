import type { Database } from '../database/database.ts'
import type { Claim, Claimed, JobTally, Run, RunKey } from './job-store.ts'

const json = (value: unknown): string => JSON.stringify(value)

/** So many runs are taken over at once; the rest at the next look. */
const MOST_TAKEN = 1_000

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

interface RunRow {
  readonly job: string
  readonly fire_time: Date
  readonly fire_times: number
  readonly status: 'due' | 'running' | 'succeeded'
  readonly attempt: number
  readonly by_hand: boolean
  readonly retry_at: Date | null
  readonly error: string | null
}

/** See `JobStore.takeOver`. */
export async function takeRuns(
  database: Database,
  owner: string,
  known: (job: string) => boolean,
): Promise<readonly Run[]> {
  const { sql } = database
  const own = sql(database.ownSchema)
  const left = sql`
    status in ('due', 'running') and owner is distinct from ${owner}::text::uuid and not exists (
      select from ${own}.process where process.id = run.owner and process.expires_at > clock_timestamp())`
  // Nearly always there are none.
  const found = await sql<{ name: string; gone: boolean }[]>`
    with names as (select distinct job as name from ${own}.job_run run where ${left})
    select name, not exists (
      select from ${own}.job where job.name = names.name and retired_at is null and not removed) as gone
    from names`
  // A process whose config is older knows nothing of jobs that a newer one has.
  const names = found.filter(({ name, gone }) => gone || known(name)).map(({ name }) => name)
  if (names.length === 0) return []
  const rows = await sql<RunRow[]>`
    with found as (
      select job, fire_time from ${own}.job_run run
      where ${left} and job in (select json_array_elements_text(${json(names)}::text::json))
      order by fire_time limit ${MOST_TAKEN} for update skip locked)
    update ${own}.job_run run set owner = ${owner}::text::uuid,
      status = case when run.queued then 'succeeded' else run.status end,
      finished_at = case when run.queued then now() else run.finished_at end
    from found where run.job = found.job and run.fire_time = found.fire_time
    returning run.job, run.fire_time, run.fire_times, run.status, run.attempt, run.by_hand, run.retry_at, run.error`
  // One whose firing is on the queue has done its part, and only could not say so.
  return rows
    .flatMap((row) => (row.status === 'succeeded' ? [] : [{ ...row, status: row.status }]))
    .map((row) => ({
      job: row.job,
      fireTime: row.fire_time,
      fireTimes: row.fire_times,
      status: row.status,
      attempt: row.attempt,
      byHand: row.by_hand,
      retryAt: row.retry_at ?? undefined,
      error: row.error ?? undefined,
    }))
    .toSorted((a, b) => a.fireTime.getTime() - b.fireTime.getTime())
}

/**
 * See `JobStore.rewind`. A run that has its row is not claimed: those that ended in a time to come would keep theirs from being run in
 * it. One of the next seconds may be another process's, whose clock is a little ahead.
 */
export async function rewindJobs(database: Database, now: Date): Promise<void> {
  const { sql } = database
  const own = sql(database.ownSchema)
  const at = sql`${now.toISOString()}::text::timestamptz`
  await sql`
    with ahead as (select name from ${own}.job where accounted > ${at} order by name for update),
    forgotten as (
      delete from ${own}.job_run
      where finished_at is not null and fire_time > ${at} + ${CLOCKS_DIFFER} * interval '1 ms')
    update ${own}.job set accounted = ${at} from ahead where job.name = ahead.name`
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
