import type postgres from 'postgres'
import type { Database } from '../database/database.ts'
import type { Message } from './executor.ts'
import { eligibleFirings } from './queued-firing.ts'

export interface HookLimit {
  readonly hook: string
  /** Firings that run at a time in all processes: `maxConcurrency`. */
  readonly most: number
}

/** Messages that are sent for a hook at a time; whoever gets one goes on with what comes next. */
const MESSAGES = 100

/**
 * The messages that make all of these hooks go on: now where something is due and may run, else when the next is due. None for those
 * of which a process has slots (see `Lane`).
 */
export async function dueMessages(
  { sql, ownSchema }: Database,
  limits: readonly HookLimit[],
  now: Date,
): Promise<readonly Message[]> {
  const own = sql(ownSchema)
  const by = sql`greatest(${now}::timestamptz, now())`
  const eligible = (): postgres.Fragment => sql`
    ${eligibleFirings(sql, ownSchema, sql`wanted.hook`)}
    and not exists (select from ${own}.lane where lane.hook = wanted.hook)`
  return sql<Message[]>`
    select hook, "dueAt", case when "dueAt" > ${by} then 1 else least(most - had, ${MESSAGES}, runnable)::int end as count
    from (
      select wanted.hook, wanted.most, had, runnable,
        case when wanted.most = 1 then (select f.due_at from ${eligible()} order by f.seq limit 1)
          when runnable > 0 then ${by}
          -- All of them are looked at: only where none may run.
          else (select min(f.due_at) from ${eligible()}) end as "dueAt"
      from json_to_recordset(${JSON.stringify(limits)}::text::json) as wanted (hook text, most int)
      cross join lateral (
        select
          (select count(*) from ${own}.firing had where had.worker is not null and had.hook = wanted.hook) as had,
          (select count(*) from (
            select from ${eligible()} and f.due_at <= ${by} limit ${MESSAGES}) f) as runnable) counted) found
    where "dueAt" is not null and ("dueAt" > ${by} or most > had)`
}
