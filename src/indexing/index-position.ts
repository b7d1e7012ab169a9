import type { BlockRef } from '../datasources/datasource.ts'
import type { CursorStore, StoredIndex } from './cursor-store.ts'

/** Where an index stands, as far as this process knows. */
export class IndexPosition {
  readonly #store: CursorStore
  readonly #firstLevel: number
  #stored: StoredIndex | undefined
  #tellsFinal = false
  #cursor: BlockRef | undefined
  #next: number

  /** The cursor's block was seen on the chain since it was loaded, or was indexed since. */
  verified = false
  /** The database may know better: a transaction ended in an unknown way, or something else moved the cursor. */
  stale = true

  constructor(store: CursorStore, firstLevel: number) {
    this.#store = store
    this.#firstLevel = firstLevel
    this.#next = firstLevel
  }

  /** The index's id in the database; known from the first `load` on. */
  get id(): number {
    if (this.#stored === undefined) throw new Error('where the index stands was not loaded')
    return this.#stored.id
  }

  /** Rows from this level on are of blocks that left the chain, and were not undone. */
  get orphanedFrom(): number | undefined {
    return this.#stored?.orphanedFrom
  }

  /** A source of its chain told what is final: in this process, or another one. */
  get tellsFinal(): boolean {
    return this.#tellsFinal
  }

  /** The last block that is committed. */
  get cursor(): BlockRef | undefined {
    return this.#cursor
  }

  /** The first level that is not done. Higher than the one after the cursor where the source left final levels out. */
  get next(): number {
    return this.#next
  }

  /** The last level that is done; undefined: none is. */
  get done(): number | undefined {
    return this.#next > this.#firstLevel ? this.#next - 1 : undefined
  }

  /** Takes over what the database says. */
  async load(): Promise<StoredIndex> {
    const stored = await this.#store.load()
    this.#stored = stored
    this.#tellsFinal = stored.tellsFinal
    this.#cursor = stored.cursor
    this.#next = Math.max(this.#firstLevel, (stored.cursor?.level ?? -1) + 1)
    this.verified = false
    this.stale = false
    return stored
  }

  async rememberFinality(): Promise<void> {
    if (this.#tellsFinal) return
    await this.#store.rememberFinality()
    this.#tellsFinal = true
  }

  /** The block is committed. */
  moveTo(cursor: BlockRef): void {
    this.#cursor = cursor
  }

  /** All up to `level` is done. @returns how many levels that are since */
  finish(level: number): number {
    const levels = Math.max(0, level + 1 - this.#next)
    this.#next += levels
    return levels
  }
}
