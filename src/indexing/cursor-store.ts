import type { Database } from '../database/database.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import { ChainMismatchError } from '../errors.ts'

/** An index as it is stored. */
export interface StoredIndex {
  readonly id: number
  /** The chain that was indexed; null: not known. */
  readonly chain: string | null
  /** The last block that is committed. */
  readonly cursor: BlockRef | undefined
  /** The journal is pruned up to here. */
  readonly pruned: number | undefined
  /** Rows from this level on are of blocks that left the chain. */
  readonly orphanedFrom: number | undefined
  /** A source of its chain told what is final. */
  readonly tellsFinal: boolean
}

/** How far back an index can be reverted. */
export interface JournalFloor {
  /** The lowest level whose ref tells anything. */
  readonly level: number
  /** All that was ever indexed is in the journal: even the lowest level can be reverted. */
  readonly coversAll: boolean
}

export interface LevelRange {
  readonly from: number
  readonly to: number
}

export interface KeptHash {
  readonly level: number
  readonly hash: string
}

/** What forgets it deletes by the first word. */
const finalityKey = (index: string): string => `finality ${index}`

/** Where one index stands, and the refs of its blocks, in the database. */
export class CursorStore {
  readonly #database: Database
  readonly #name: string

  constructor(database: Database, name: string) {
    this.#database = database
    this.#name = name
  }

  /** Reads the index, and registers it where it is new. */
  async load(): Promise<StoredIndex> {
    return (await this.#read()) ?? (await this.#register())
  }

  async #register(): Promise<StoredIndex> {
    const { sql } = this.#database
    await sql`insert into ${this.#own}.index (name) values (${this.#name}) on conflict do nothing`
    const stored = await this.#read()
    if (stored === undefined) throw new Error(`index "${this.#name}" was removed while it was registered`)
    return stored
  }

  async #read(): Promise<StoredIndex | undefined> {
    const { sql } = this.#database
    const [row] = await sql<IndexRow[]>`
      select i.id, i.chain, i.level, i.hash, i.finalized, i.orphaned_from, b.parent_hash, b.timestamp, l.key is not null as tells_final
      from ${this.#own}.index i left join ${this.#own}.block b on b.index_id = i.id and b.level = i.level
      left join ${this.#own}.lifecycle l on l.key = ${finalityKey(this.#name)} and l.value = to_jsonb(coalesce(i.chain, ''))
      where i.name = ${this.#name}`
    if (row === undefined) return undefined
    const { id, chain, level, hash, finalized, orphaned_from, parent_hash, timestamp, tells_final } = row
    return {
      id,
      chain,
      cursor:
        level === null || hash === null
          ? undefined
          : { level: Number(level), hash, parentHash: parent_hash ?? '', timestamp: Number(timestamp ?? 0) },
      pruned: finalized === null ? undefined : Number(finalized),
      orphanedFrom: orphaned_from === null ? undefined : Number(orphaned_from),
      tellsFinal: tells_final,
    }
  }

  /** Remembers that a source of the index's chain told what is final, until a wipe or an approval. */
  async rememberFinality(): Promise<void> {
    const { sql } = this.#database
    await sql`
      insert into ${this.#own}.lifecycle (key, value)
      select ${finalityKey(this.#name)}, to_jsonb(coalesce(chain, '')) from ${this.#own}.index where name = ${this.#name}
      on conflict (key) do update set value = excluded.value, at = excluded.at`
  }

  /**
   * Remembers which chain is indexed, as long as nothing is; later compares it.
   * @throws ChainMismatchError
   */
  async checkChain(chain: string, source: string): Promise<void> {
    const { sql } = this.#database
    const remembered = await sql`
      update ${this.#own}.index set chain = ${chain}
      where name = ${this.#name} and (level is null or chain is null or chain = ${chain})`
    if (remembered.count > 0) return
    const stored = await this.#read()
    throw new ChainMismatchError(
      `index "${this.#name}" was indexed from chain ${stored?.chain}, but ${source} serves chain ${chain}`,
      {
        hint: `Give the index a datasource of chain ${stored?.chain} again, or index chain ${chain} under another name or after a wipe.`,
      },
    )
  }

  /** Of the blocks that are kept from `to` down to `from`: so many at most, highest first. */
  async hashes(id: number, { from, to }: LevelRange, most: number): Promise<readonly KeptHash[]> {
    const { sql } = this.#database
    const rows = await sql<{ level: bigint; hash: string }[]>`
      select level, hash from ${this.#own}.block where index_id = ${id} and level between ${from} and ${to}
      order by level desc limit ${most}`
    return rows.map(({ level, hash }) => ({ level: Number(level), hash }))
  }

  /**
   * A level that was not journalled cannot be reverted: the highest such ref is as far down as a common ancestor is of use.
   * Undefined: no ref is kept.
   */
  async floor(id: number, cursor: number): Promise<JournalFloor | undefined> {
    const { sql } = this.#database
    const [row] = await sql<{ final: bigint | null; lowest: bigint | null }[]>`
      select max(b.level) filter (where v.id is null) as final, min(b.level) as lowest
      from ${this.#own}.block b
      left join ${this.#own}.version v on v.index_id = b.index_id and v.level = b.level
      where b.index_id = ${id} and b.level <= ${cursor}`
    const level = row?.final ?? row?.lowest ?? undefined
    return level === undefined ? undefined : { level: Number(level), coversAll: row?.final === null }
  }

  get #own() {
    const { sql, ownSchema } = this.#database
    return sql(ownSchema)
  }
}

interface IndexRow {
  readonly id: number
  readonly chain: string | null
  readonly level: bigint | null
  readonly hash: string | null
  readonly finalized: bigint | null
  readonly orphaned_from: bigint | null
  readonly parent_hash: string | null
  readonly timestamp: bigint | null
  readonly tells_final: boolean
}
