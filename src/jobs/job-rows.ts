import { againAfterDeadlock } from '../database/again-after-deadlock.ts'
import type { Database, Sql } from '../database/database.ts'
import { accountedAt, pausesUntil } from './job-pauses.ts'
import type { JobState, KnownJob } from './job-store.ts'
import type { JobConfig } from '../config/config.ts'
import type { JobTrigger } from './job.ts'

/** Those that fire lock rows by name, as this does; but which are to be retired is not known in that order. */
const LOAD_TRIES = 5

const json = (value: unknown): string => JSON.stringify(value)

interface LoadedFrom {
  readonly now: Date
  /** The process that loads them. */
  readonly by: string
}

/** See `JobStore.load`. */
export async function loadJobs(
  database: Database,
  jobs: readonly KnownJob[],
  from: LoadedFrom,
): Promise<readonly JobState[]> {
  return againAfterDeadlock(() => loadOnce(database, jobs, from), LOAD_TRIES)
}

async function loadOnce(
  database: Database,
  jobs: readonly KnownJob[],
  { now, by }: LoadedFrom,
): Promise<readonly JobState[]> {
  return database.transaction(async ({ sql }) => {
    const table = sql`${sql(database.ownSchema)}.job`
    const at = sql`${now.toISOString()}::text::timestamptz`
    await sql`
      update ${table} set retired_at = ${at}
      where retired_at is null and ((temporary and temporary_of is distinct from ${by}::text::uuid and not exists (
        select from ${sql(database.ownSchema)}.process where process.id = temporary_of and process.expires_at > clock_timestamp()))
        or (definition is null and name not in
        (select json_array_elements_text(${json(jobs.map(({ name }) => name))}::text::json))))`
    // What was changed by hand holds for as long as the config says the same.
    const same = sql`(job.configured is not distinct from excluded.configured and job.retired_at is null)`
    // A pause by hand, too, for as long as the config says the same of it. A job that comes back is a new one.
    const paused = sql`(case when job.retired_at is null and job.configured_paused = excluded.configured_paused
      then job.paused else excluded.paused end)`
    const resumed = sql`(${same} and job.paused and not ${paused})`
    await sql`
      insert into ${table} as job
        (name, hook, schedule, configured, configured_paused, paused, paused_at, anchor, accounted)
      select name, hook, schedule, schedule, coalesce(paused, false), coalesce(paused, false),
        case when paused then ${at} end, ${at}, ${at}
      from json_to_recordset(${json(jobs)}::text::json) as given (name text, hook text, schedule text, paused boolean)
      order by name
      on conflict (name) do update set
        hook = excluded.hook,
        schedule = case when ${same} and job.rescheduled is not null then job.schedule else excluded.schedule end,
        configured = excluded.configured,
        configured_paused = excluded.configured_paused,
        rescheduled = case when ${same} then job.rescheduled end,
        removed = ${same} and job.removed,
        definition = null,
        temporary = false,
        temporary_of = null,
        paused = ${paused},
        paused_at = case when ${paused} then case when ${same} and job.paused then job.paused_at else excluded.accounted end end,
        pauses = case when not ${same} then '{}' when ${resumed} then ${pausesUntil(sql, now)} else job.pauses end,
        anchor = case when ${same} then job.anchor else excluded.anchor end,
        accounted = case when not ${same} then excluded.accounted
          when ${resumed} then ${accountedAt(sql, now)} else job.accounted end,
        retired_at = null`
    return readRows(sql, database.ownSchema)
  })
}

/** See `JobStore.read`. */
export function readJobs(database: Database, names?: readonly string[]): Promise<readonly JobState[]> {
  return readRows(database.sql, database.ownSchema, names)
}

async function readRows(
  sql: Sql,
  ownSchema: string,
  names?: readonly string[],
): Promise<readonly JobState[]> {
  const named =
    names === undefined
      ? sql``
      : sql`and name in (select json_array_elements_text(${json(names)}::text::json))`
  const rows = await sql<JobRow[]>`
    select *, (select json_agg(array[extract(epoch from lower(pause)), extract(epoch from upper(pause))] order by pause)
      from unnest(pauses) pause) as pause_times
    from ${sql(ownSchema)}.job where retired_at is null and not removed ${named} order by name`
  return rows.map(stateOf)
}

interface JobRow {
  readonly name: string
  readonly hook: string
  readonly schedule: string
  readonly anchor: Date
  readonly accounted: Date
  readonly last_fire_time: Date | null
  readonly next_fire_time: Date | null
  readonly fired: bigint
  readonly coalesced: bigint
  readonly missed: bigint
  readonly skipped: bigint
  readonly failed: bigint
  readonly retried: bigint
  readonly last_error: string | null
  readonly paused: boolean
  /** Seconds from 1970. */
  readonly pause_times: readonly (readonly [number, number])[] | null
  readonly definition: JobConfig | null
  readonly rescheduled: JobTrigger | null
}

function stateOf(row: JobRow): JobState {
  return {
    name: row.name,
    hook: row.hook,
    schedule: row.schedule,
    origin: row.definition === null ? 'config' : 'added',
    anchor: row.anchor,
    accounted: row.accounted,
    lastFireTime: row.last_fire_time ?? undefined,
    nextFireTime: row.next_fire_time ?? undefined,
    fired: Number(row.fired),
    coalesced: Number(row.coalesced),
    missed: Number(row.missed),
    skipped: Number(row.skipped),
    failed: Number(row.failed),
    retried: Number(row.retried),
    lastError: row.last_error ?? undefined,
    paused: row.paused,
    pauses: (row.pause_times ?? []).map(([from, to]) => ({ from: timeOf(from), to: timeOf(to) })),
    definition: row.definition ?? undefined,
    trigger: row.rescheduled ?? undefined,
  }
}

const timeOf = (seconds: number): Date => new Date(Math.round(seconds * 1_000))
