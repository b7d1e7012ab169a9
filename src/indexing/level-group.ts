import type { BlockRef } from '../datasources/datasource.ts'

/** Blocks whose levels share one transaction. At least one. */
export interface LevelGroup {
  readonly blocks: readonly BlockRef[]
  /** Can be undone later. */
  readonly journal: boolean
}

/** A longer transaction saves next to nothing, and loses more when it is cut off. */
const MOST_LEVELS = 500

/**
 * What the next transaction takes of `blocks`: all that is final, up to 500 – or one level that is not, so that it can be
 * undone by itself. Undefined: there are no blocks.
 */
export function nextGroup(blocks: readonly BlockRef[], finalized: number): LevelGroup | undefined {
  const [first] = blocks
  if (first === undefined) return undefined
  if (first.level > finalized) return { blocks: [first], journal: true }
  const open = blocks.findIndex(({ level }) => level > finalized)
  return {
    blocks: blocks.slice(0, Math.min(MOST_LEVELS, open === -1 ? blocks.length : open)),
    journal: false,
  }
}
