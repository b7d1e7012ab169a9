import { againAfterDeadlock } from '../database/again-after-deadlock.ts'
import type { Database, Sql } from '../database/database.ts'
import type { JobChange, JobState, KnownJob } from './job-store.ts'
import type { JobConfig } from '../config/config.ts'
import type { JobTrigger } from './job.ts'

/** The channel that changes by hand are told on. */
export const CHANGES = 'pawl_jobs'

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

/** See `JobStore.change`. `by` is told to those who listen. */
export async function changeJob(
  database: Database,
  options: { readonly name: string; readonly change: JobChange; readonly now: Date; readonly by: string },
): Promise<boolean> {
  const { name, change, now, by } = options
  return database.transaction(async ({ sql }) => {
    const done = await apply(sql, database.ownSchema, { name, change, now, by })
    const told = json({ schema: database.ownSchema, job: name, by, run: change.type === 'run' })
    if (done) await sql`select pg_notify(${CHANGES}, ${told})`
    return done
  })
}

async function apply(
  sql: Sql,
  ownSchema: string,
  options: { readonly name: string; readonly change: JobChange; readonly now: Date; readonly by: string },
): Promise<boolean> {
  const { name, change, now, by } = options
  const table = sql`${sql(ownSchema)}.job`
  const at = sql`${now.toISOString()}::text::timestamptz`
  const live = sql`name = ${name} and retired_at is null and not removed`
  switch (change.type) {
    case 'add': {
      const { hook, schedule, definition, temporary } = change
      // A job of the config is not replaced; one that was added keeps its anchor while its schedule stays.
      const kept = sql`(job.schedule = excluded.schedule and job.retired_at is null)`
      const paused = definition.paused ?? false
      // One that replaces another of its name stays as that was paused by hand.
      const stays = sql`(job.retired_at is null and not job.removed and job.configured_paused = ${paused})`
      const isPaused = sql`(case when ${stays} then job.paused else ${paused} end)`
      const added = await sql`
        insert into ${table} as job (name, hook, schedule, definition, temporary, temporary_of,
          configured_paused, paused, paused_at, anchor, accounted)
        values (${name}, ${hook}, ${schedule}, ${json(definition)}::text::jsonb, ${temporary},
          case when ${temporary} then ${by}::text::uuid end, ${paused}, ${paused}, case when ${paused} then ${at} end, ${at}, ${at})
        on conflict (name) do update set
          hook = excluded.hook, schedule = excluded.schedule, definition = excluded.definition,
          temporary = excluded.temporary, temporary_of = excluded.temporary_of,
          configured = null, rescheduled = null, removed = false, configured_paused = excluded.configured_paused,
          paused = ${isPaused},
          paused_at = case when ${isPaused} then case when ${kept} and job.paused then job.paused_at else ${at} end end,
          pauses = case when not ${kept} then '{}'
            when job.paused and not ${isPaused} then ${pausesUntil(sql, now)} else job.pauses end,
          anchor = case when ${kept} then job.anchor else excluded.anchor end,
          accounted = case when not ${kept} then excluded.accounted
            when job.paused and not ${isPaused} then ${accountedAt(sql, now)} else job.accounted end,
          retired_at = null
        where job.definition is not null or job.removed or job.retired_at is not null`
      return added.count > 0
    }
    case 'remove': {
      const removed = await sql`
        update ${table} set removed = definition is null,
          retired_at = case when definition is null then null else ${at} end
        where ${live}`
      return removed.count > 0
    }
    case 'reschedule': {
      const { schedule, trigger } = change
      const changed = await sql`
        update ${table} set schedule = ${schedule}, rescheduled = ${json(trigger)}::text::jsonb,
          anchor = ${at}, accounted = ${at}, pauses = '{}', paused_at = case when paused then ${at} end
        where ${live}`
      return changed.count > 0
    }
    case 'pause':
      return (
        (
          await sql`
          update ${table} set paused = true, paused_at = case when paused then paused_at else ${at} end
          where ${live}`
        ).count > 0
      )
    case 'resume': {
      const resumed = await sql`
        update ${table} as job set paused = false, paused_at = null,
          pauses = case when paused then ${pausesUntil(sql, now)} else pauses end,
          accounted = case when paused then ${accountedAt(sql, now)} else accounted end
        where ${live}`
      return resumed.count > 0
    }
    case 'run': {
      // In the very millisecond of another firing: a little later.
      const asked = await sql`
        insert into ${sql(ownSchema)}.job_run (job, fire_time, status, by_hand)
        select name, (select min(free) from generate_series(${at}, ${at} + interval '1 s', interval '1 ms') free
          where not exists (
            select from ${sql(ownSchema)}.job_run run where run.job = ${name} and run.fire_time = free)), 'due', true
        from ${table} where ${live}`
      return asked.count > 0
    }
  }
}

/** The pauses of a job that is resumed at `now`: what was due before it was paused stays due. */
const pausesUntil = (sql: Sql, now: Date) => sql`
  ((job.pauses + tstzmultirange(tstzrange(job.paused_at, greatest(job.paused_at, ${now.toISOString()}::text::timestamptz), '(]')))
    * tstzmultirange(tstzrange(${accountedAt(sql, now)}, null, '(]')))`

/** Where nothing was due before, all up to `now` is accounted for. */
const accountedAt = (sql: Sql, now: Date) => sql`
  (case when job.accounted >= job.paused_at then greatest(job.accounted, ${now.toISOString()}::text::timestamptz)
    else job.accounted end)`

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
