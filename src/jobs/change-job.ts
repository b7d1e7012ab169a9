import type { Database, Sql } from '../database/database.ts'
import { accountedAt, pausesUntil } from './job-pauses.ts'
import type { JobChange } from './job-store.ts'

/** The channel that changes by hand are told on. */
export const CHANGES = 'pawl_jobs'

const json = (value: unknown): string => JSON.stringify(value)

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
      const kept = sql`(job.schedule = excluded.schedule and job.retired_at is null and not job.removed)`
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
      // In the very millisecond of another firing, or of the next fire time: a little later, for both would have one row.
      const asked = await sql`
        insert into ${sql(ownSchema)}.job_run (job, fire_time, status, by_hand)
        select name, (select min(free) from generate_series(${at}, ${at} + interval '1 s', interval '1 ms') free
          where not exists (
            select from ${sql(ownSchema)}.job_run run where run.job = ${name} and run.fire_time = free)
            and free is distinct from next_fire_time), 'due', true
        from ${table} where ${live}`
      return asked.count > 0
    }
  }
}
