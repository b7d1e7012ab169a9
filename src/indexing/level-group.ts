import type { BlockRef } from '../datasources/datasource.ts'

/** What a source has of a range. */
export interface RangeAnswer {
  readonly blocks: readonly BlockRef[]
  /** The block of the range's last level, where that is final and was left out of `blocks`. */
  readonly end: BlockRef | undefined
}

/** Blocks whose levels share one transaction. */
export interface LevelGroup {
  readonly blocks: readonly BlockRef[]
  /** Where the index stands after them: the last of them, or a later one without data. */
  readonly end: BlockRef
  /** Can be undone later. */
  readonly journal: boolean
}

/** A longer transaction saves next to nothing, and loses more when it is cut off. */
const MOST_LEVELS = 500

/**
 * What the next transaction takes: all that is final, up to 500 blocks – or one level that is not, so that it can be undone
 * by itself. Undefined: there is nothing.
 */
export function nextGroup({ blocks, end }: RangeAnswer, finalized: number): LevelGroup | undefined {
  const [first] = blocks
  if (first === undefined) return end === undefined ? undefined : { blocks: [], end, journal: false }
  if (first.level > finalized) return { blocks: [first], end: first, journal: true }
  const open = blocks.findIndex(({ level }) => level > finalized)
  const group = blocks.slice(0, Math.min(MOST_LEVELS, open === -1 ? blocks.length : open))
  // The group holds `first` at least.
  const last = group.at(-1)!
  return { blocks: group, end: group.length === blocks.length ? (end ?? last) : last, journal: false }
}
