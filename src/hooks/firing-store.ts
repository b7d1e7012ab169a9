import type { Database, Sql } from '../database/database.ts'
import type { FiringOrigin } from './context.ts'
import { addFiring } from './add-firing.ts'
import { decodeArguments } from './encode-arguments.ts'
import type { OpenExecutor } from './executor.ts'

/** The level whose transaction a firing was made in. */
export interface FiringLevel {
  readonly index: string
  readonly level: number
}

export interface NewFiring {
  readonly id: string
  readonly hook: string
  /** As `encodeArguments` put them. */
  readonly args: unknown
  readonly origin: FiringOrigin
  readonly at: FiringLevel | undefined
  readonly confirmations: number
  readonly key: string | undefined
  readonly reversible: boolean
  /** The run of a job that it is. */
  readonly run?: JobRun | undefined
}

/** A firing of a job, by its row. */
export interface JobRun {
  readonly job: string
  readonly fireTime: Date
}

/** A firing on the queue, as a person wants to know of it. */
export interface ListedFiring {
  readonly id: string
  readonly hook: string
  readonly args: Readonly<Record<string, unknown>>
  readonly state: 'queued' | 'running' | 'dead'
  readonly reverting: boolean
  readonly attempts: number
  readonly level: bigint | null
  readonly confirmations: number
  readonly key: string | null
  readonly dueAt: Date
  readonly error: string | null
}

/** The table of the durable firings, as those see it who queue them, or look at them. */
export class FiringStore {
  readonly channel: string
  readonly #database: Database
  readonly #executor: OpenExecutor | undefined

  /** @param executor tells the workers, in the place of Pawl's own channel */
  constructor(database: Database, executor?: OpenExecutor) {
    this.#database = database
    this.#executor = executor
    this.channel = `${database.ownSchema} firings`
  }

  /**
   * Queues it; not where it is there already, or one of its hook with the same key. Whoever listens hears of it when the
   * transaction commits.
   * @returns whether it is new
   */
  async add(sql: Sql, firing: NewFiring, now: Date): Promise<boolean> {
    const own = sql(this.#database.ownSchema)
    const { id, hook, confirmations } = firing
    // One that waits for confirmations is told of when it has them: before, a worker could do nothing.
    const told =
      this.#executor === undefined
        ? sql`pg_notify(${this.channel}, ${hook}::text)`
        : confirmations === 0
          ? this.#executor.message(sql, hook, id)
          : sql`null`
    return addFiring(sql, own, { firing, told, now })
  }

  /** How many wait, run or are dead, of each hook, and how old the oldest of them is, in s. */
  async counts(): Promise<
    readonly {
      readonly hook: string
      readonly state: string
      readonly count: number
      readonly oldest: number
    }[]
  > {
    const { sql } = this.#database
    return sql`
      select hook, state, count(*)::int as count, extract(epoch from now() - min(queued_at))::float8 as oldest
      from ${this.#live} live group by hook, state order by hook, state`
  }

  /** What waits, runs or is dead, in order; of each of the three the first so many: a long queue hides no dead one. */
  async list(limit?: number): Promise<readonly ListedFiring[]> {
    const { sql } = this.#database
    const rows = await sql`
      select id, hook, args, state, reverting, attempts, level, confirmations, key, due_at as "dueAt", error
      from ${this.#liveUpTo(limit)} live order by seq`
    return rows.map((row) => ({ ...(row as unknown as ListedFiring), args: decodeArguments(row['args']) }))
  }

  /** Queues a dead firing again, or all dead ones of a hook. @returns how many */
  async retry(firingOrHook: string, now: Date): Promise<number> {
    const { sql, ownSchema } = this.#database
    const rows = await sql`
      with again as (
        update ${sql(ownSchema)}.firing set state = 'queued', attempts = 0, due_at = ${now}
        where state = 'dead' and (id = ${firingOrHook} or hook = ${firingOrHook}) returning hook)
      select pg_notify(${this.channel}, hook) from again`
    return rows.length
  }

  /** Takes one off that waits or is dead. false: there is none. */
  async drop(id: string): Promise<boolean> {
    const { sql, ownSchema } = this.#database
    const { count } = await sql`
      delete from ${sql(ownSchema)}.firing where id = ${id} and state in ('queued', 'dead')`
    return count > 0
  }

  /** All but those that are only remembered, of which there may be a million: each state by its index. */
  get #live() {
    return this.#liveUpTo(undefined)
  }

  #liveUpTo(limit: number | undefined) {
    const { sql, ownSchema } = this.#database
    const table = sql`${sql(ownSchema)}.firing`
    const first = limit === undefined ? sql`` : sql`order by seq limit ${limit}`
    return sql`(
      (select * from ${table} where state = 'queued' ${first})
      union all (select * from ${table} where state = 'running' and worker is not null ${first})
      union all (select * from ${table} where state = 'dead' ${first}))`
  }
}
