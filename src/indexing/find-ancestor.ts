import { DeepReorgError } from '../errors.ts'
import type { CursorStore } from './cursor-store.ts'
import type { SourceReader } from './source-reader.ts'

export interface AncestorSearch {
  readonly store: CursorStore
  readonly source: SourceReader
  readonly index: string
  readonly indexId: number
  /** The last level indexed. */
  readonly cursor: number
  /** The highest level that the source may have: compared from here down. */
  readonly top: number
  readonly signal: AbortSignal
}

/** The first window is one level: mostly nothing has happened. Then they grow, so that 64 levels are four calls. */
const GROWTH = 4
const LARGEST_WINDOW = 256

/**
 * Compares the refs that are kept with the blocks that the source has at their levels, from `top` down.
 *
 * @returns the common ancestor's level (below the first level indexed where nothing is common and all can be reverted);
 * undefined where the source has no other block than ours: nothing left the chain.
 * @throws DeepReorgError when the levels that left the chain reach deeper than what can be reverted.
 */
export async function findAncestor(search: AncestorSearch): Promise<number | undefined> {
  const { store, indexId, cursor, top } = search
  const floor = await store.floor(indexId, cursor)
  if (floor === undefined) return undefined
  if (top < floor.level) return compareBelow(search, floor.level)

  let differs = false
  let size = 1
  for (let to = top; to >= floor.level; to -= size, size = Math.min(size * GROWTH, LARGEST_WINDOW)) {
    const found = await compareWindow(search, Math.max(floor.level, to - size + 1), to)
    differs ||= found.differs
    if (found.common !== undefined) return differs ? found.common : undefined
  }
  if (!differs) return undefined
  if (floor.coversAll) return floor.level - 1
  throw tooDeep(search, floor.level)
}

interface WindowFindings {
  /** The highest level at which the source has our block. */
  readonly common: number | undefined
  /** The source has another block than ours above `common`. */
  readonly differs: boolean
}

async function compareWindow(search: AncestorSearch, from: number, to: number): Promise<WindowFindings> {
  const { store, source, indexId, signal } = search
  const [hashes, refs] = await Promise.all([
    store.hashes(indexId, from, to),
    source.refs({ from, to }, signal),
  ])
  let differs = false
  for (const { level, hash } of refs.toReversed()) {
    const kept = hashes.get(level)
    if (kept === hash) return { common: level, differs }
    if (kept !== undefined) differs = true
  }
  return { common: undefined, differs }
}

/**
 * The source's head is lower than what could be reverted: it is behind, which is no harm – or on another chain down there,
 * which cannot be helped.
 */
async function compareBelow(search: AncestorSearch, floor: number): Promise<undefined> {
  const level = await search.store.levelAtOrBelow(search.indexId, search.top)
  if (level === undefined) return undefined
  const { differs } = await compareWindow(search, level, level)
  if (differs) throw tooDeep(search, floor)
  return undefined
}

function tooDeep({ index, source, cursor, top }: AncestorSearch, floor: number): DeepReorgError {
  const has =
    top < floor ? `another block at level ${top}` : `none of the blocks indexed from level ${floor} on`
  return new DeepReorgError(
    `index "${index}": ${source.description} has ${has}, and what was indexed up to level ${floor} cannot be undone ` +
      `(it stands at level ${cursor})`,
    {
      fromLevel: Math.min(floor, top),
      hint:
        'Nothing was reverted. Check that the datasource serves the chain that was indexed. If it does, `pawl schema ' +
        'wipe` indexes again from the start, and reindex: { rollback: \'wipe\' } does so by itself; a larger "finality" of ' +
        'the index keeps more levels undoable.',
    },
  )
}
