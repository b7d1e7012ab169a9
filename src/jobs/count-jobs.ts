import type { Database } from '../database/database.ts'

export interface JobCounts {
  readonly all: number
  readonly paused: number
  /** Those that had a firing that failed. */
  readonly failing: number
}

/** How many jobs there are, without reading each. */
export async function countJobs({ sql, ownSchema }: Database): Promise<JobCounts> {
  const [counts] = await sql<JobCounts[]>`
    select count(*)::int as "all", count(*) filter (where paused)::int as paused,
      count(*) filter (where failed > 0)::int as failing
    from ${sql(ownSchema)}.job where retired_at is null and not removed`
  return counts ?? { all: 0, paused: 0, failing: 0 }
}
