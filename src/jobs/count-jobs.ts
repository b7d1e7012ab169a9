import type { Database } from '../database/database.ts'

export interface JobCounts {
  readonly all: number
  readonly paused: number
  /** Those whose last firing failed, or was lost with its process; and daemons, of which no firing is kept, that ever failed. */
  readonly failing: number
}

/** How many jobs there are, without reading each. */
export async function countJobs({ sql, ownSchema }: Database): Promise<JobCounts> {
  const own = sql(ownSchema)
  // Of most jobs no firing failed, and nothing is looked for.
  const [counts] = await sql<JobCounts[]>`
    select count(*)::int as "all", count(*) filter (where paused)::int as paused,
      count(*) filter (where failed > 0 and (schedule = 'daemon' or (
        select run.status in ('failed', 'lost') from ${own}.job_run run
        where run.job = job.name and run.status in ('succeeded', 'failed', 'lost')
        order by run.fire_time desc limit 1)))::int as failing
    from ${own}.job job where retired_at is null and not removed`
  return counts ?? { all: 0, paused: 0, failing: 0 }
}
