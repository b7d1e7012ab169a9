import { DeepReorgError } from '../errors.ts'
import type { CursorStore, KeptHash } from './cursor-store.ts'
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

/** First one block is compared: mostly nothing has happened. Then more and more at a time, so that 64 levels are four calls. */
const GROWTH = 4
const LARGEST_WINDOW = 256

/**
 * Compares the refs that are kept with the blocks that the source has at their levels, from `top` down.
 *
 * @returns the level below the lowest block of ours that left the chain. The common ancestor, or a level without data above that: where
 * those are final, nothing below them has to be undone. Undefined where the source has no other block than ours: nothing left the chain.
 * @throws DeepReorgError when the levels that left the chain reach deeper than what can be reverted.
 */
export async function findAncestor(search: AncestorSearch): Promise<number | undefined> {
  const { store, indexId, cursor, top } = search
  const floor = await store.floor(indexId, cursor)
  if (floor === undefined) return undefined
  if (top < floor.level) return compareBelow(search, floor.level)

  let left: number | undefined
  let size = 1
  for (let to = top; ; size = Math.min(size * GROWTH, LARGEST_WINDOW)) {
    const kept = await store.hashes(indexId, { from: floor.level, to }, size)
    const lowest = kept.at(-1)
    if (lowest === undefined) break
    const found = await compare(search, kept)
    left = found.left ?? left
    if (found.isCommon) return left === undefined ? undefined : left - 1
    to = lowest.level - 1
  }
  if (left === undefined) return undefined
  if (floor.coversAll) return floor.level - 1
  throw tooDeep(search, floor.level)
}

interface Findings {
  /** The source has one of our blocks. */
  readonly isCommon: boolean
  /** The lowest level above that at which it has another one than we. */
  readonly left: number | undefined
}

/** Only levels that are kept are asked for: between them may be thousands without data. Highest first. */
async function compare({ source, signal }: AncestorSearch, kept: readonly KeptHash[]): Promise<Findings> {
  let left: number | undefined
  for (const run of runsOf(kept)) {
    const hashes = new Map(run.map(({ level, hash }) => [level, hash]))
    const refs = await source.refs(
      { from: Math.min(...hashes.keys()), to: Math.max(...hashes.keys()) },
      signal,
    )
    for (const { level, hash } of refs.toReversed()) {
      if (hashes.get(level) === hash) return { isCommon: true, left }
      left = level
    }
  }
  return { isCommon: false, left }
}

/** Of levels that follow each other. */
function runsOf(kept: readonly KeptHash[]): readonly (readonly KeptHash[])[] {
  const runs: KeptHash[][] = []
  for (const one of kept) {
    const run = runs.at(-1)
    if (run?.at(-1)?.level === one.level + 1) run.push(one)
    else runs.push([one])
  }
  return runs
}

/**
 * The source's head is lower than what could be reverted: it is behind, which is no harm – or on another chain down there,
 * which cannot be helped.
 */
async function compareBelow(search: AncestorSearch, floor: number): Promise<undefined> {
  const { store, indexId, top } = search
  const { left } = await compare(search, await store.hashes(indexId, { from: 0, to: top }, 1))
  if (left !== undefined) throw tooDeep(search, floor)
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
