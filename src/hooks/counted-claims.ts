import type postgres from 'postgres'
import type { Database, Sql } from '../database/database.ts'
import type { Message } from './executor.ts'
import { eligibleFirings, firingColumns, readFiring, type QueuedFiring } from './queued-firing.ts'

export interface HookLimit {
  readonly hook: string
  /** Firings that run at a time in all processes: `maxConcurrency`. */
  readonly most: number
}

/** Of all schemas in all databases of a server; the number is arbitrary. */
const LOCK = 7_238_003
/** Messages that are sent for a hook at a time; whoever gets one goes on with what comes next. */
const MESSAGES = 100

/**
 * Claims of processes that have no slots (see `Lane`): who may run a firing is not known before a message is delivered, so each
 * claim counts what all processes have. Where a process with slots of a hook is there, as while a project moves from one executor to
 * another, it does that hook alone.
 */
export class CountedClaims {
  readonly #database: Database
  readonly #process: string

  /** @param process the id of its row */
  constructor(database: Database, process: string) {
    this.#database = database
    this.#process = process
  }

  /**
   * Takes firings of a hook that are due, in their order, for this process. Of one that runs one at a time, the first or none.
   * @param begin notes that they run, in the same statement
   */
  async take(
    { hook, most }: HookLimit,
    { limit, dueBy, begin }: { readonly limit: number; readonly dueBy: Date; readonly begin: boolean },
  ): Promise<readonly QueuedFiring[]> {
    const { ownSchema } = this.#database
    const rows = await this.#database.transaction(async ({ sql }) => {
      const free = sql`greatest(0, least(${limit}, ${most} - (${this.#had(sql, sql`${hook}`)})))::int`
      // A message comes by the database's clock; a firing's time is by this process's.
      const by = sql`greatest(${dueBy}::timestamptz, clock_timestamp())`
      const mine = sql`${this.#eligible(sql, sql`${hook}`)}
        and exists (select from ${sql(ownSchema)}.process where id = ${this.#process})`
      const found =
        most === 1
          ? sql`select id from (select f.id, f.due_at from ${mine} order by f.seq limit ${free} for update of f) first
              where due_at <= ${by}`
          : sql`select f.id from ${mine} and f.due_at <= ${by} order by f.seq limit ${free} for update of f skip locked`
      const [, taken] = await Promise.all([
        // What is counted must not change meanwhile. The next statement sees what those did that it waited for.
        sql`select pg_advisory_xact_lock(${LOCK}, hashtext(${`${ownSchema} ${hook}`}))`,
        sql`
          with found as (${found})
          update ${sql(ownSchema)}.firing f set worker = ${this.#process}
            ${begin ? sql`, state = 'running', begun = true, attempts = f.attempts + 1` : sql``}
          from found where f.id = found.id
          returning ${firingColumns(sql)}, f.seq`,
      ])
      return taken
    })
    return rows
      .toSorted((a, b) => Number(a['seq']) - Number(b['seq']))
      .map((row) => readFiring(row, { claimed: true, begun: begin }))
  }

  /** The messages that make all of these hooks go on: now where something is due and may run, else when the next is due. */
  async due(limits: readonly HookLimit[], now: Date): Promise<readonly Message[]> {
    const { sql } = this.#database
    const hook = sql`wanted.hook`
    const by = sql`greatest(${now}::timestamptz, now())`
    return sql<Message[]>`
      select hook, "dueAt", case when "dueAt" > ${by} then 1 else least(most - had, ${MESSAGES}, runnable)::int end as count
      from (
        select wanted.hook, wanted.most, had, runnable,
          case when wanted.most = 1 then (select f.due_at from ${this.#eligible(sql, hook)} order by f.seq limit 1)
            when runnable > 0 then ${by}
            -- All of them are looked at: only where none may run.
            else (select min(f.due_at) from ${this.#eligible(sql, hook)}) end as "dueAt"
        from json_to_recordset(${JSON.stringify(limits)}::text::json) as wanted (hook text, most int)
        cross join lateral (
          select (${this.#had(sql, hook)}) as had,
            (select count(*) from (
              select from ${this.#eligible(sql, hook)} and f.due_at <= ${by} limit ${MESSAGES}) f) as runnable) counted) found
      where "dueAt" is not null and ("dueAt" > ${by} or most > had)`
  }

  #eligible(sql: Sql, hook: postgres.Fragment) {
    const { ownSchema } = this.#database
    return sql`${eligibleFirings(sql, ownSchema, hook)}
      and not exists (select from ${sql(ownSchema)}.lane where lane.hook = ${hook})`
  }

  /** How many firings of a hook any process has. */
  #had(sql: Sql, hook: postgres.Fragment) {
    return sql`select count(*) from ${sql(this.#database.ownSchema)}.firing had where had.worker is not null and had.hook = ${hook}`
  }
}
