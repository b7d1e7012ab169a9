import type { ListedProcess } from '../database/list-processes.ts'
import type { DatabasePlace } from './open-project-database.ts'
import type { Project } from './with-project.ts'

/** How a project stands by its database, whether it runs or not. */
export interface ProjectStatus {
  readonly database: string
  readonly schema: string
  /** A process indexes now. */
  readonly running: boolean
  readonly processes: readonly ListedProcess[]
  readonly indexes: readonly StoredIndexStatus[]
  readonly queue: readonly { readonly hook: string; readonly state: string; readonly count: number }[]
  readonly jobs: JobCounts
}

export interface StoredIndexStatus {
  readonly name: string
  readonly level: number | null
  /** Of the block at that level. */
  readonly blockTime: Date | null
  readonly synchronized: boolean
  readonly orphanedFrom: number | null
}

interface JobCounts {
  readonly active: number
  readonly paused: number
  /** Whose last firing failed. See `countJobs`. */
  readonly failing: number
}

/** Where Pawl has not been yet. */
export const emptyStatus = ({ description, schema }: DatabasePlace): ProjectStatus => ({
  database: description,
  schema,
  running: false,
  processes: [],
  indexes: [],
  queue: [],
  jobs: { active: 0, paused: 0, failing: 0 },
})

/** Reads it; changes nothing. */
export async function readProjectStatus({ database }: Project): Promise<ProjectStatus> {
  const [{ listProcesses }, { FiringStore }, { countJobs }] = await Promise.all([
    import('../database/list-processes.ts'),
    import('../hooks/firing-store.ts'),
    import('../jobs/count-jobs.ts'),
  ])
  const { sql, ownSchema, schema, description } = database
  const own = sql(ownSchema)
  const [processes, indexes, queue, jobs] = await Promise.all([
    listProcesses(database),
    sql<StoredIndexStatus[]>`
      select i.name, i.level::float8 as level, to_timestamp(b.timestamp::float8) as "blockTime",
        i.synchronized, i.orphaned_from::float8 as "orphanedFrom"
      from ${own}.index i left join ${own}.block b on b.index_id = i.id and b.level = i.level order by i.name`,
    new FiringStore(database).counts(),
    countJobs(database),
  ])
  const running = processes.some(({ state, roles }) => roles.includes('indexer') && state === 'at work')
  return {
    database: description,
    schema,
    running,
    processes,
    // What a process that is gone told last is not so now.
    indexes: indexes.map((index) => ({ ...index, synchronized: running && index.synchronized })),
    queue: queue.map(({ hook, state, count }) => ({ hook, state, count })),
    jobs: { active: jobs.all - jobs.paused, paused: jobs.paused, failing: jobs.failing },
  }
}
