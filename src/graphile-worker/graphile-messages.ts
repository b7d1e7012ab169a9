import type postgres from 'postgres'
import type { Database, Sql } from '../database/database.ts'
import type { GraphileHookOptions, GraphileWorkerOptions } from '../graphile-worker.ts'
import type { Message } from '../hooks/executor.ts'

/** Deliveries of one job: its own default of 25 would be reached by processes that die. */
const ATTEMPTS = 32_767

/** Messages as jobs of graphile-worker: one task for each hook, so that a worker gets those only whose hooks it knows. */
export class GraphileMessages {
  readonly #database: Database
  readonly #schema: string
  readonly #options: GraphileWorkerOptions

  constructor(database: Database, schema: string, options: GraphileWorkerOptions) {
    this.#database = database
    this.#schema = schema
    this.#options = options
  }

  task(hook: string): string {
    return `${this.#database.ownSchema}:${hook}`
  }

  /**
   * Makes the rows of tasks and queues. Else the first levels of two indexes would, in whatever order, and could wait for each other
   * for ever.
   */
  async prepare(hooks: readonly string[]): Promise<void> {
    for (const hook of hooks.toSorted()) {
      const key = `${this.task(hook)} prepared`
      await this.#database.transaction(async ({ sql }) => {
        await sql`select ${this.#job(sql, { ...this.#of(hook), hook, payload: {}, key })}`
        await sql`select (${sql(this.#schema)}.remove_job(${key})).id`
      })
    }
  }

  add(sql: Sql, hook: string, firing: string) {
    return this.#job(sql, { ...this.#of(hook), hook, payload: { hook, firing } })
  }

  async unheard(hooks: readonly string[]): Promise<readonly string[]> {
    const { sql } = this.#database
    const rows = await sql<{ hook: string }[]>`
      select hook from unnest(${hooks as string[]}::text[]) hook where not ${this.#waits(sql, sql`hook`, sql`now()`)}`
    return rows.map(({ hook }) => hook)
  }

  async send(messages: readonly Message[]): Promise<void> {
    const { sql } = this.#database
    for (const { hook, count, dueAt } of messages) {
      const runAt = sql`greatest(now(), ${dueAt}::timestamptz)`
      await sql`
        select ${this.#job(sql, { ...this.#of(hook), hook, payload: { hook }, runAt })}
        from generate_series(1, ${count}::int) where not ${this.#waits(sql, sql`${hook}::text`, runAt)}`
    }
  }

  /** What a process holds that died would stay locked for four hours. */
  async release(sql: Sql, receivers: readonly string[]): Promise<void> {
    await sql`select ${sql(this.#schema)}.force_unlock_workers(${receivers as string[]}::text[])`
  }

  /** A job of this hook waits, and can be delivered by then. */
  #waits(sql: Sql, hook: postgres.Fragment, by: postgres.Fragment) {
    return sql`exists (
      select from ${sql(this.#schema)}._private_jobs job
      where job.is_available and job.run_at <= ${by} and job.task_id = (
        select task.id from ${sql(this.#schema)}._private_tasks task
        where task.identifier = ${this.#database.ownSchema} || ':' || ${hook}))`
  }

  #job(
    sql: Sql,
    {
      hook,
      payload,
      queue,
      priority,
      key,
      runAt = sql`null`,
    }: GraphileHookOptions & {
      readonly hook: string
      readonly payload: Readonly<Record<string, string>>
      readonly key?: string
      readonly runAt?: postgres.Fragment
    },
  ) {
    // One field: all of them would call it as often.
    return sql`(${sql(this.#schema)}.add_job(
      ${this.task(hook)}, ${JSON.stringify(payload)}::text::json, queue_name := ${queue ?? null}, run_at := ${runAt},
      max_attempts := ${ATTEMPTS}, job_key := ${key ?? null}, priority := ${priority ?? null})).id`
  }

  #of(hook: string): GraphileHookOptions {
    const { queue, priority, hooks } = this.#options
    return {
      ...(queue === undefined ? {} : { queue }),
      ...(priority === undefined ? {} : { priority }),
      ...hooks?.[hook],
    }
  }
}
