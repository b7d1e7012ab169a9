import type { Database } from './database.ts'

/** A process at work, as a person wants to know of it. */
export interface ListedProcess {
  /** Host, process id, and which of its roots. */
  readonly name: string
  readonly version: string
  /** `standing by`: it would index, and another process does. `silent`: it was not heard of for seconds, and is about to be given up. */
  readonly state: 'at work' | 'standing by' | 'draining' | 'silent'
  readonly roles: readonly string[]
  /** That it follows. */
  readonly indexes: readonly string[]
  /** Durable firings that it may run at a time: the slots of its hooks together, or under an executor its `concurrency`. */
  readonly slots: number
  /** Those that it runs now, of hooks that are not atomic; and those that it has taken. */
  readonly running: number
  readonly startedAt: Date
}

/** All of them, the oldest first. */
export async function listProcesses({ sql, ownSchema }: Database): Promise<readonly ListedProcess[]> {
  const own = sql(ownSchema)
  return sql<ListedProcess[]>`
    select process.name, process.version,
      case when process.expires_at < clock_timestamp() then 'silent'
        when process.draining then 'draining'
        when 'indexer' = any (process.roles) and not follows and spread = '{}' then 'standing by'
        else 'at work' end as state,
      process.roles,
      case when follows then process.indexes else spread end as indexes,
      coalesce((select sum(lane.slots) from ${own}.lane where lane.process = process.id), process.concurrency, 0)::int as slots,
      (select count(*) from ${own}.firing where firing.worker = process.id)::int as running,
      process.started_at as "startedAt"
    from ${own}.process, lateral (
      select coalesce(bool_or(lease.name = 'indexer'), false) as follows,
        coalesce(array_agg(substr(lease.name, 9) order by lease.name) filter (where lease.name like 'indexer:%'), '{}') as spread
      from ${own}.lease where lease.holder = process.name and lease.expires_at > clock_timestamp()) lease
    order by process.started_at`
}
