import * as v from 'valibot'
import { DatasourceError } from '../../errors.ts'
import type { BlockRef } from '../datasource.ts'
import type { BlockList, ListedBlock } from './block-list.ts'
import type { Found } from './feed-reader.ts'
import type { TzktBlock, TzktBlockDetail } from './tzkt-block.ts'

/** The lists of a block, by their names. */
export type ListName = 'operations' | 'events' | 'bigMaps' | 'tokenTransfers'
export type Reader = (from: number, to: number, signal: AbortSignal) => Promise<readonly Found<unknown>[]>
type FoundByList = ReadonlyMap<ListName, readonly Found<unknown>[]>

const LISTS: readonly ListName[] = ['operations', 'events', 'bigMaps', 'tokenTransfers']

/** A reorg in the middle of reading is nothing to tell of, unless there is one each time. */
const TRIES = 3

class ChainChangedError extends DatasourceError {}

/** Reads ranges of blocks, each with what belongs to it: never the block of one branch with operations of another. */
export class BlockReader {
  readonly #blocks: BlockList
  readonly #readers: ReadonlyMap<ListName, Reader>
  readonly #detail: TzktBlockDetail | undefined
  readonly #origin: string

  constructor(
    blocks: BlockList,
    readers: ReadonlyMap<ListName, Reader>,
    detail: TzktBlockDetail | undefined,
    origin: string,
  ) {
    this.#blocks = blocks
    this.#readers = readers
    this.#detail = detail
    this.#origin = origin
  }

  /** Levels that no reorg can reach: only blocks with what was asked for – or all, where blocks are asked for. */
  async final(from: number, to: number, signal: AbortSignal): Promise<readonly TzktBlock[]> {
    if (this.#detail !== undefined || this.#readers.size === 0) {
      const [blocks, found] = await Promise.all([
        this.#blocks.range(from, to, signal),
        this.#find(from, to, signal),
      ])
      const last = blocks.at(-1)?.ref.level ?? from - 1
      if (last < to) throw new DatasourceError(`${this.#origin} has no level ${last + 1}, which is final`)
      return this.#assemble(blocks, found)
    }
    const found = await this.#find(from, to, signal)
    const levels = new Set([...found.values()].flat().map(({ level }) => level))
    return this.#assemble(
      await this.#blocks.named(
        [...levels].sort((a, b) => a - b),
        signal,
      ),
      found,
    )
  }

  /**
   * Levels that may still change: every block. The API has no answer with blocks and operations of one state, so the blocks
   * are read before and after: if they are the same, what was read in between belongs to them.
   */
  async recent(from: number, to: number, signal: AbortSignal): Promise<readonly TzktBlock[]> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#readRecent(from, to, signal)
      } catch (error) {
        if (!(error instanceof ChainChangedError) || tries === TRIES) throw error
      }
    }
  }

  async #readRecent(from: number, to: number, signal: AbortSignal): Promise<readonly TzktBlock[]> {
    const blocks = await this.#blocks.range(from, to, signal)
    const last = blocks.at(-1)?.ref
    if (last === undefined || this.#readers.size === 0) return this.#assemble(blocks, new Map())
    const found = await this.#find(from, last.level, signal)
    const after = await this.#blocks.range(from, last.level, signal)
    const now = new Map(after.map(({ ref }) => [ref.level, ref]))
    for (const { ref } of blocks) {
      const { hash, parentHash } = now.get(ref.level) ?? {}
      if (hash !== ref.hash || parentHash !== ref.parentHash) throw this.#changed(ref.level)
    }
    return this.#assemble(blocks, found)
  }

  async #find(from: number, to: number, signal: AbortSignal): Promise<FoundByList> {
    const entries = [...this.#readers].map(
      async ([name, read]) => [name, await read(from, to, signal)] as const,
    )
    return new Map(await Promise.all(entries))
  }

  #assemble(blocks: readonly ListedBlock[], found: FoundByList): readonly TzktBlock[] {
    const byLevel = new Map(
      blocks.map(({ ref, raw }) => [ref.level, { ref, raw, lists: new Map<ListName, unknown[]>() }]),
    )
    for (const [name, list] of found) {
      for (const { level, block, item } of list) {
        const own = byLevel.get(level)
        if (own === undefined || (block !== undefined && block !== own.ref.hash)) throw this.#changed(level)
        const items = own.lists.get(name)
        if (items === undefined) own.lists.set(name, [item])
        else items.push(item)
      }
    }
    return [...byLevel.values()].map(({ ref, raw, lists }) => {
      const named = Object.fromEntries(LISTS.map((name) => [name, lists.get(name) ?? []]))
      return { ...ref, ...named, ...this.#details(ref, raw) } as unknown as TzktBlock
    })
  }

  #details(ref: BlockRef, raw: unknown): { readonly details?: unknown } {
    if (this.#detail === undefined || this.#detail === 'header') return {}
    const parsed = v.safeParse(this.#detail, raw)
    if (parsed.success) return { details: parsed.output }
    const words = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'block'}: ${issue.message}`)
    throw new DatasourceError(
      `${this.#origin}: level ${ref.level}, block ${ref.hash}: ${words.slice(0, 3).join('; ')}`,
      {
        retriable: false,
        hint: 'The block does not fit the schema that tzkt({ blocks: … }) was given: mend the schema.',
      },
    )
  }

  #changed(level: number): ChainChangedError {
    return new ChainChangedError(`${this.#origin} changed its chain at level ${level} while it answered`)
  }
}
