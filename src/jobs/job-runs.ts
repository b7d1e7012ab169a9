import type { Database } from '../database/database.ts'
import type { Claim, Claimed, JobTally, Run } from './job-store.ts'

const json = (value: unknown): string => JSON.stringify(value)

/** So many runs are taken over at once; the rest at the next look. */
const MOST_TAKEN = 1_000

/** See `JobStore.claim`. */
export async function claimRuns(
  database: Database,
  owner: string,
  claims: readonly Claim[],
): Promise<readonly Claimed[]> {
  const { sql } = database
  const own = sql(database.ownSchema)
  const given = claims.map(({ job, until, next }) => ({ job, until, next }))
  const runs = claims.flatMap((claim) => claim.runs.map((run) => ({ job: claim.job, ...run })))
  // The rows are locked in one order, before they are moved: what was accounted for is read under the lock.
  const rows = await sql<{ name: string; was: Date; fire_time: Date | null }[]>`
    with given as (
      select * from json_to_recordset(${json(given)}::text::json)
        as given (job text, until timestamptz, next timestamptz)),
    held as (
      select job.name, job.accounted from ${own}.job join given on given.job = job.name
      order by job.name for update of job),
    moved as (
      update ${own}.job set accounted = greatest(held.accounted, given.until), next_fire_time = given.next
      from held join given on given.job = held.name
      where job.name = held.name
      returning job.name, held.accounted as was),
    taken as (
      insert into ${own}.job_run (job, fire_time, status, fire_times, owner)
      select run.job, run."fireTime", case when run.begun then 'running' else 'due' end, run."fireTimes", ${owner}::text::uuid
      from json_to_recordset(${json(runs)}::text::json)
        as run (job text, "fireTime" timestamptz, "fireTimes" int, begun boolean)
      join moved on moved.name = run.job
      where run."fireTime" > moved.was
      on conflict do nothing
      returning job, fire_time)
    select moved.name, moved.was, taken.fire_time from moved left join taken on taken.job = moved.name
    order by taken.fire_time`
  const found = new Map<string, { accounted: Date; fireTimes: Date[] }>()
  for (const { name, was, fire_time: fireTime } of rows) {
    const claimed = found.get(name) ?? { accounted: was, fireTimes: [] }
    if (fireTime !== null) claimed.fireTimes.push(fireTime)
    found.set(name, claimed)
  }
  // A row that is gone: the job was retired elsewhere.
  return claims.map(({ job, until }) => found.get(job) ?? { accounted: until, fireTimes: [] })
}

/** Writes what runs came to, and adds to the jobs' counts; one statement. */
export async function writeRuns(
  database: Database,
  owner: string,
  runs: readonly Run[],
  tallies: ReadonlyMap<string, JobTally>,
): Promise<void> {
  const { sql } = database
  const own = sql(database.ownSchema)
  const rows = runs.map((run) => ({ ...run, owner: run.released === true ? null : owner }))
  const counts = [...tallies].map(([name, tally]) => ({ name, ...tally }))
  await sql`
    with written as (
      insert into ${own}.job_run as run
        (job, fire_time, status, attempt, fire_times, by_hand, owner, retry_at, started_at, finished_at, error)
      select job, "fireTime", status, attempt, "fireTimes", "byHand", owner, "retryAt", "startedAt", "finishedAt", error
      from json_to_recordset(${json(rows)}::text::json) as given (
        job text, "fireTime" timestamptz, status text, attempt int, "fireTimes" int, "byHand" boolean, owner uuid,
        "retryAt" timestamptz, "startedAt" timestamptz, "finishedAt" timestamptz, error text)
      order by job, "fireTime"
      on conflict (job, fire_time) do update set
        status = excluded.status, attempt = excluded.attempt, fire_times = excluded.fire_times,
        owner = excluded.owner, retry_at = excluded.retry_at,
        started_at = coalesce(excluded.started_at, run.started_at),
        finished_at = excluded.finished_at, error = excluded.error
      where run.owner = ${owner}::text::uuid),
    given as (
      select * from json_to_recordset(${json(counts)}::text::json) as given (
        name text, fired bigint, coalesced bigint, missed bigint, skipped bigint, failed bigint, retried bigint,
        "lastFireTime" timestamptz, "lastError" text)),
    held as (
      select job.name from ${own}.job join given on given.name = job.name order by job.name for update of job)
    update ${own}.job set
      fired = job.fired + coalesce(given.fired, 0), coalesced = job.coalesced + coalesce(given.coalesced, 0),
      missed = job.missed + coalesce(given.missed, 0), skipped = job.skipped + coalesce(given.skipped, 0),
      failed = job.failed + coalesce(given.failed, 0), retried = job.retried + coalesce(given.retried, 0),
      last_fire_time = coalesce(given."lastFireTime", job.last_fire_time),
      last_error = coalesce(given."lastError", job.last_error)
    from held join given on given.name = held.name
    where job.name = held.name`
}

interface RunRow {
  readonly job: string
  readonly fire_time: Date
  readonly fire_times: number
  readonly status: 'due' | 'running'
  readonly attempt: number
  readonly by_hand: boolean
  readonly retry_at: Date | null
}

/** See `JobStore.takeOver`. */
export async function takeRuns(database: Database, owner: string): Promise<readonly Run[]> {
  const { sql } = database
  const own = sql(database.ownSchema)
  const rows = await sql<RunRow[]>`
    with found as (
      select job, fire_time from ${own}.job_run run
      where status in ('due', 'running') and owner is distinct from ${owner}::text::uuid and not exists (
        select from ${own}.process where process.id = run.owner and process.expires_at > clock_timestamp())
      order by fire_time limit ${MOST_TAKEN} for update skip locked)
    update ${own}.job_run run set owner = ${owner}::text::uuid
    from found where run.job = found.job and run.fire_time = found.fire_time
    returning run.job, run.fire_time, run.fire_times, run.status, run.attempt, run.by_hand, run.retry_at`
  return rows
    .map((row) => ({
      job: row.job,
      fireTime: row.fire_time,
      fireTimes: row.fire_times,
      status: row.status,
      attempt: row.attempt,
      byHand: row.by_hand,
      retryAt: row.retry_at ?? undefined,
    }))
    .toSorted((a, b) => a.fireTime.getTime() - b.fireTime.getTime())
}

/** See `JobStore.prune`: a part of them a call, so that no statement lasts long. */
export async function pruneRuns(database: Database, before: Date): Promise<void> {
  const { sql } = database
  const own = sql(database.ownSchema)
  await sql`
    delete from ${own}.job_run where ctid in (
      select ctid from ${own}.job_run where finished_at < ${before.toISOString()}::text::timestamptz limit 10000)`
}
