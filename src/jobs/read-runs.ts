import type { Database } from '../database/database.ts'
import type { RunStatus } from './job-store.ts'

/** A firing of a job, as the history has it. */
export interface PastRun {
  readonly fireTime: Date
  readonly status: RunStatus
  readonly attempt: number
  readonly fireTimes: number
  readonly byHand: boolean
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly error: string | null
}

/** The last firings of a job, the newest first. */
export async function readRuns(
  { sql, ownSchema }: Database,
  job: string,
  limit: number,
): Promise<readonly PastRun[]> {
  return sql<PastRun[]>`
    select fire_time as "fireTime", status, attempt, fire_times as "fireTimes", by_hand as "byHand",
      started_at as "startedAt", finished_at as "finishedAt", error
    from ${sql(ownSchema)}.job_run where job = ${job} order by fire_time desc limit ${limit}`
}
