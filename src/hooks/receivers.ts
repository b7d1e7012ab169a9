import type { Database } from '../database/database.ts'
import type { OpenExecutor } from './executor.ts'

/** Under which names the processes hold messages of an executor, so that what a dead one held is let go. */
export class Receivers {
  readonly #database: Database
  readonly #process: string
  readonly #executor: OpenExecutor
  /** Those of this process under which it works. */
  readonly #names = new Set<string>()

  constructor(database: Database, process: string, executor: OpenExecutor) {
    this.#database = database
    this.#process = process
    this.#executor = executor
  }

  add(receiver: string): void {
    this.#names.add(receiver)
  }

  delete(receiver: string): void {
    this.#names.delete(receiver)
  }

  /** Stores the names. Idempotent: one that was given up, and lives, does it again. @throws what the database does */
  async keep(): Promise<void> {
    if (this.#names.size === 0) return
    const { sql, ownSchema } = this.#database
    await sql`
      insert into ${sql(ownSchema)}.receiver (id, process)
      select id, ${this.#process} from unnest(${[...this.#names]}::text[]) id on conflict do nothing`
  }

  /**
   * Lets go what processes held that are gone, and this one under names that are its own no more. In one transaction: else a crash in
   * between would leave it locked for hours. @throws what the database does
   */
  async release(): Promise<void> {
    const { ownSchema } = this.#database
    await this.#database.transaction(async ({ sql }) => {
      const gone = await sql<{ id: string }[]>`
        delete from ${sql(ownSchema)}.receiver
        where not exists (select from ${sql(ownSchema)}.process where process.id = receiver.process)
          or (process = ${this.#process} and id <> all (${[...this.#names]}::text[]))
        returning id`
      if (gone.length > 0)
        await this.#executor.release(
          sql,
          gone.map(({ id }) => id),
        )
    })
  }
}
