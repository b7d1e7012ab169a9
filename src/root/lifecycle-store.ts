import type { Database, Transaction } from '../database/database.ts'
import type { ReindexReason } from '../events.ts'
import type { SchemaFingerprint } from './fingerprint.ts'

/** What the database remembers of its own making, and of what it was indexed with. */
export class LifecycleStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Was `on_reindex` run to its end on this database? */
  async isReindexed(): Promise<boolean> {
    return (await this.#read('reindexed')) !== undefined
  }

  /** As `isReindexed`, by what this transaction sees. */
  async isMade({ sql }: Transaction): Promise<boolean> {
    const rows = await sql`select from ${sql(this.#database.ownSchema)}.lifecycle where key = 'reindexed'`
    return rows.length > 0
  }

  /** Notes, in the transaction that `on_reindex` ran in, that it did, and with which scripts. */
  async rememberReindexed(
    transaction: Transaction,
    reason: ReindexReason,
    schema: SchemaFingerprint,
  ): Promise<void> {
    await this.#write(transaction.sql, 'reindexed', { reason })
    await this.#write(transaction.sql, 'schema', schema)
  }

  /** In the transaction of a wipe: else a crash before `on_reindex` has ended would skip it. */
  async forgetReindexed({ sql }: Transaction): Promise<void> {
    const own = sql(this.#database.ownSchema)
    await sql`delete from ${own}.lifecycle where key in ('reindexed', 'schema', 'required') or key like 'finality %'`
    await sql`update ${own}.index set config = null, orphaned_from = null, orphaned_to = null`
  }

  /** What was approved, or never noted, is `undefined`. */
  async schema(): Promise<SchemaFingerprint | undefined> {
    return (await this.#read('schema')) as SchemaFingerprint | undefined
  }

  async rememberSchema(schema: SchemaFingerprint): Promise<void> {
    await this.#write(this.#database.sql, 'schema', schema)
  }

  /** A reindex that has to be, because a step of `migrate` says so, or because it was begun and has not ended. */
  async required(): Promise<{ readonly reason: ReindexReason; readonly why: string } | undefined> {
    return (await this.#read('required')) as
      | { readonly reason: ReindexReason; readonly why: string }
      | undefined
  }

  /** Before a reindex: one that fails, or is cut off, leaves the database as it was, and is done at the next start. */
  async require(reason: ReindexReason): Promise<void> {
    await this.#write(this.#database.sql, 'required', {
      reason,
      why: 'a reindex was begun, and has not ended',
    })
  }

  /** What each index was indexed with, where that is known. */
  async indexes(): Promise<ReadonlyMap<string, unknown>> {
    const { sql, ownSchema } = this.#database
    const rows = await sql<{ name: string; config: unknown }[]>`
      select name, config from ${sql(ownSchema)}.index where config is not null`
    return new Map(rows.map(({ name, config }) => [name, config]))
  }

  async rememberIndex(name: string, config: unknown): Promise<void> {
    const { sql, ownSchema } = this.#database
    await sql`
      update ${sql(ownSchema)}.index set config = ${sql.json(config as never)} where name = ${name} and config is null`
  }

  /** Takes everything as it is: the next start notes it anew. */
  async approve(): Promise<void> {
    await this.#database.transaction(async ({ sql }) => {
      const own = sql(this.#database.ownSchema)
      await sql`delete from ${own}.lifecycle where key in ('schema', 'required') or key like 'finality %'`
      await sql`update ${own}.index set config = null, orphaned_from = null, orphaned_to = null`
    })
  }

  async #read(key: string): Promise<unknown> {
    const { sql, ownSchema } = this.#database
    const [row] = await sql<{ value: unknown }[]>`
      select value from ${sql(ownSchema)}.lifecycle where key = ${key}`
    return row?.value
  }

  async #write(sql: Database['sql'], key: string, value: unknown): Promise<void> {
    await sql`
      insert into ${sql(this.#database.ownSchema)}.lifecycle (key, value, at)
      values (${key}, ${sql.json(value as never)}, now())
      on conflict (key) do update set value = excluded.value, at = excluded.at`
  }
}
