import type { Sql } from '../database/database.ts'

/** The pauses of a job that is resumed at `now`: what was due before it was paused stays due. */
export const pausesUntil = (sql: Sql, now: Date) => sql`
  ((job.pauses + tstzmultirange(tstzrange(job.paused_at, greatest(job.paused_at, ${now.toISOString()}::text::timestamptz), '(]')))
    * tstzmultirange(tstzrange(${accountedAt(sql, now)}, null, '(]')))`

/** Where nothing was due before, all up to `now` is accounted for. */
export const accountedAt = (sql: Sql, now: Date) => sql`
  (case when job.accounted >= job.paused_at then greatest(job.accounted, ${now.toISOString()}::text::timestamptz)
    else job.accounted end)`
