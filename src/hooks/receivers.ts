import type { Database } from '../database/database.ts'
import type { OpenExecutor } from './executor.ts'

/** Under which names the processes hold messages of an executor, so that what a dead one held is let go. */
export class Receivers {
  readonly #database: Database
  readonly #process: string
  readonly #executor: OpenExecutor

  constructor(database: Database, process: string, executor: OpenExecutor) {
    this.#database = database
    this.#process = process
    this.#executor = executor
  }

  /** Idempotent: one that was given up, and lives, does it again. */
  async add(receiver: string): Promise<void> {
    const { sql, ownSchema } = this.#database
    await sql`
      insert into ${sql(ownSchema)}.receiver (id, process) values (${receiver}, ${this.#process}) on conflict do nothing`
  }

  /** This process holds nothing more. */
  async remove(receiver: string): Promise<void> {
    const { sql, ownSchema } = this.#database
    await sql`delete from ${sql(ownSchema)}.receiver where id = ${receiver}`
  }

  /**
   * Lets go what processes held that are gone, and this one under another name than `current`. In one transaction: else a crash in
   * between would leave it locked for hours.
   */
  async release(current: string | undefined): Promise<void> {
    const { ownSchema } = this.#database
    await this.#database.transaction(async ({ sql }) => {
      const gone = await sql<{ id: string }[]>`
        delete from ${sql(ownSchema)}.receiver
        where not exists (select from ${sql(ownSchema)}.process where process.id = receiver.process)
          or (process = ${this.#process} and id is distinct from ${current ?? null})
        returning id`
      if (gone.length > 0)
        await this.#executor.release(
          sql,
          gone.map(({ id }) => id),
        )
    })
  }
}
