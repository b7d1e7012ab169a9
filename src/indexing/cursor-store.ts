import type { Database } from '../database/database.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import { ChainMismatchError } from '../errors.ts'

/** Where an index stands, as it is stored. */
export interface StoredIndex {
  readonly id: number
  /** The last block that is committed; undefined: none. */
  readonly cursor: BlockRef | undefined
}

interface RefRow {
  readonly level: bigint
  readonly hash: string
  readonly parent_hash: string
  readonly timestamp: bigint
}

/** The rows of one index in Pawl's own tables, but for what a level's transaction writes. */
export class CursorStore {
  readonly #database: Database
  readonly #name: string

  constructor(database: Database, name: string) {
    this.#database = database
    this.#name = name
  }

  /** Makes the index known, and reads where it stands. */
  async load(): Promise<StoredIndex> {
    const { sql } = this.#database
    const own = sql(this.#database.ownSchema)
    await sql`insert into ${own}.index (name) values (${this.#name}) on conflict (name) do nothing`
    const [row] = await sql<({ id: number } & { [Key in keyof RefRow]: RefRow[Key] | null })[]>`
      select i.id, b.level, b.hash, b.parent_hash, b.timestamp
      from ${own}.index i left join ${own}.block b on b.index_id = i.id and b.level = i.level
      where i.name = ${this.#name}`
    if (row === undefined) throw new Error(`index "${this.#name}" was removed while it was loaded`)
    return { id: row.id, cursor: row.level === null ? undefined : toRef(row as RefRow) }
  }

  /**
   * Stores which chain this index follows, the first time; compares it later.
   * @throws ChainMismatchError
   */
  async checkChain(chain: string, source: string): Promise<void> {
    const { sql } = this.#database
    const own = sql(this.#database.ownSchema)
    await sql`update ${own}.index set chain = ${chain} where name = ${this.#name} and chain is null`
    const [row] = await sql<{ chain: string }[]>`select chain from ${own}.index where name = ${this.#name}`
    if (row?.chain === chain) return
    throw new ChainMismatchError(
      `index "${this.#name}" was made from the chain ${row?.chain ?? '(none)'}, but ${source} serves ${chain}`,
      {
        hint: 'Point the datasource at the chain that was indexed, or use another database (or schema) for the other chain.',
      },
    )
  }

  /** The stored refs below `level`, highest first. */
  async refsBelow(indexId: number, level: number, count: number): Promise<readonly BlockRef[]> {
    const { sql } = this.#database
    const rows = await sql<RefRow[]>`
      select level, hash, parent_hash, timestamp from ${sql(this.#database.ownSchema)}.block
      where index_id = ${indexId} and level < ${level} order by level desc limit ${count}`
    return rows.map(toRef)
  }
}

function toRef({ level, hash, parent_hash: parentHash, timestamp }: RefRow): BlockRef {
  return { level: Number(level), hash, parentHash, timestamp: Number(timestamp) }
}
