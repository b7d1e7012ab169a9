import type { BlockRef } from '../datasources/datasource.ts'
import { DatasourceError } from '../errors.ts'
import type { CarefulSource } from './careful-source.ts'
import type { CursorStore } from './cursor-store.ts'

export interface AncestorSearch {
  readonly index: string
  readonly indexId: number
  readonly store: CursorStore
  readonly source: CarefulSource
  /** The last block that the index has, which the chain does not, or does not any more. */
  readonly cursor: BlockRef
  /** The highest level that the chain has now, as far as is known. */
  readonly highest: number
}

/** Reorgs are mostly one or two deep; the steps grow so that a deep one takes few questions. */
const FIRST_STEP = 2
const LARGEST_STEP = 64

/**
 * The level of the newest block that the index and the chain share, from the refs that were stored: an orphan can often not
 * be fetched by its hash any more. One below the lowest ref where they share none: whether the journal reaches there is for
 * the rollback to say.
 */
export async function findAncestor(search: AncestorSearch, signal: AbortSignal): Promise<number> {
  const { store, source, indexId, cursor } = search
  let below = Math.min(cursor.level, search.highest) + 1
  let lowest = below
  for (let step = FIRST_STEP; ; step = Math.min(LARGEST_STEP, step * 4)) {
    const refs = await store.refsBelow(indexId, below, step)
    const [top] = refs
    const bottom = refs.at(-1)
    if (top === undefined || bottom === undefined) return lowest - 1
    // Nothing is left out above `finalized`: with a level below the first, every level is there.
    const blocks = await source.blocks(bottom.level, top.level, bottom.level - 1, signal)
    const hashes = new Map(blocks.map(({ level, hash }) => [level, hash]))
    const shared = refs.find(({ level, hash }) => hashes.get(level) === hash)
    if (shared !== undefined) return checkDeeper(search, shared.level)
    lowest = bottom.level
    below = bottom.level
  }
}

/** A source that serves the index's own last block, and next to it a block of another parent, contradicts itself. */
function checkDeeper({ cursor, index, source }: AncestorSearch, level: number): number {
  if (level < cursor.level) return level
  throw new DatasourceError(
    `index "${index}": ${source.description} has the index's last block ${cursor.level}, but a next one of another parent`,
  )
}
