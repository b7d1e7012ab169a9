import type { Clock } from '../clock.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import type { BlockRange } from './answer-fault.ts'
import type { BlockCache } from './block-cache.ts'
import type { IndexPosition } from './index-position.ts'
import { nextGroup, type LevelGroup, type RangeAnswer } from './level-group.ts'
import type { LevelWriter } from './level-writer.ts'
import { RangePrefetcher, type FetchedRange } from './range-prefetcher.ts'
import { RangeSize } from './range-size.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { SourceReader } from './source-reader.ts'

export interface RangeIndexerOptions {
  readonly source: SourceReader
  readonly writer: LevelWriter
  readonly position: IndexPosition
  readonly clock: Clock
  readonly ahead: ReadAhead
  /** Of ranges that are final; undefined: none is kept. */
  readonly cache: () => BlockCache | undefined
  /** Nobody said where the chain begins: as long as nothing is indexed, it may begin anywhere. */
  readonly mayBeginLater: boolean
  /** Levels are done; those that the source left out, too. */
  readonly onDone: (levels: number) => void
  /** A level that can be undone was committed. */
  readonly onJournalled: () => void
}

export interface Span {
  /** The last level to index. */
  readonly to: number
  readonly finalized: number
  /** Aborted: begin nothing more. */
  readonly stop: AbortSignal
  /** Aborted: cut off and roll back. */
  readonly signal: AbortSignal
}

export type SpanOutcome =
  | { readonly type: 'done' }
  | { readonly type: 'stopped' }
  /** The source has no block of this level. */
  | { readonly type: 'ended'; readonly level: number }
  /** The next block's parent is not the block that the index stands at. */
  | { readonly type: 'unlinked'; readonly cursor: BlockRef; readonly block: BlockRef }

/** Indexes a span of levels: reads ranges ahead, and commits them in order. */
export class RangeIndexer {
  readonly #options: RangeIndexerOptions
  readonly #size = new RangeSize()

  constructor(options: RangeIndexerOptions) {
    this.#options = options
  }

  /** @throws as the source and the writer do; the reason of `stop` while it waits for either */
  async run(span: Span): Promise<SpanOutcome> {
    const { source, position, clock, ahead } = this.#options
    const { to: last, finalized, stop } = span
    const mayBeginLater = this.#options.mayBeginLater && position.cursor === undefined
    const cache = this.#options.cache()
    const ranges = new RangePrefetcher({
      from: position.next,
      to: last,
      size: this.#size,
      ahead,
      clock,
      signal: stop,
      limit: (from, to) => cache?.limit(from, Math.min(last, finalized), to) ?? to,
      read: async (from, to, signal) => {
        const isFinal = to <= finalized
        const kept = isFinal ? await cache?.read(from, to) : undefined
        if (kept !== undefined) return kept
        const answer = await readRange(source, { from, to, finalized }, mayBeginLater, signal)
        if (isFinal) await cache?.write(from, to, answer)
        return answer
      },
      bytesOf: ({ blocks }) => source.bytesOf(blocks),
    })
    try {
      for (let range = await ranges.next(); range !== undefined; range = await ranges.next()) {
        const [block = range.end] = range.blocks
        const { cursor } = position
        if (cursor !== undefined && block !== undefined && !follows(block, cursor)) {
          return { type: 'unlinked', cursor, block }
        }
        const written = await this.#write(range, span, ranges)
        if (written === undefined) return { type: 'stopped' }
        const beginsLater = mayBeginLater && position.cursor === undefined && written.to < last
        this.#finish(beginsLater ? written.to : coveredBy(written))
        if (position.next <= written.to) return { type: 'ended', level: position.next }
      }
      return { type: 'done' }
    } finally {
      ranges.close()
    }
  }

  /** @returns the last range that was written: those that were there by then followed it. Undefined: stopped on the way. */
  async #write(range: FetchedRange, span: Span, ranges: RangePrefetcher): Promise<FetchedRange | undefined> {
    const { finalized, stop } = span
    let current = range
    let rest: RangeAnswer = range
    const following = (done: BlockRef): LevelGroup | undefined => {
      rest = after(rest, done)
      if (nextGroup(rest, finalized) === undefined) {
        const next = ranges.takeFetched((fetched) => fetched.to <= finalized && continues(fetched, done))
        if (next === undefined) return undefined
        rest = current = next
      }
      const group = nextGroup(rest, finalized)
      return group?.journal === true ? undefined : group
    }
    for (let group; (group = nextGroup(rest, finalized)) !== undefined;) {
      if (stop.aborted) return undefined
      const cursor = await this.#writeGroup(group, span, following)
      // Not before it is known: others may have followed.
      rest = after(rest, cursor)
    }
    return stop.aborted ? undefined : current
  }

  /** @returns where the index stands now */
  async #writeGroup(
    group: LevelGroup,
    { stop, signal }: Span,
    following: (done: BlockRef) => LevelGroup | undefined,
  ): Promise<BlockRef> {
    const { writer, position, onJournalled } = this.#options
    const { id: indexId, cursor: from } = position
    const cursor = await writer.write({ ...group, indexId, cursor: from, stop, signal, following })
    position.moveTo(cursor)
    this.#finish(cursor.level)
    if (group.journal) onJournalled()
    return cursor
  }

  #finish(level: number): void {
    const levels = this.#options.position.finish(level)
    if (levels > 0) this.#options.onDone(levels)
  }
}

/**
 * With the block at the end of a final range, also where it has no data: so the cursor moves on over levels without data,
 * which a restart need not ask for again, and the next range can be linked to it.
 */
async function readRange(
  source: SourceReader,
  range: BlockRange,
  mayBeginLater: boolean,
  signal: AbortSignal,
): Promise<RangeAnswer> {
  const { to, finalized } = range
  const blocks = await source.blocks(range, signal, { mayBeginLater })
  if (to > finalized || blocks.at(-1)?.level === to) return { blocks, end: undefined }
  const [end] = await source.refs({ from: to, to }, signal, { mayBeginLater: true })
  return { blocks, end }
}

/** What is left of an answer when the index stands at `done`. */
function after({ blocks, end }: RangeAnswer, done: BlockRef): RangeAnswer {
  return {
    blocks: blocks.filter(({ level }) => level > done.level),
    end: end !== undefined && end.level > done.level ? end : undefined,
  }
}

/** Does it begin with a block that may follow this one? */
function continues({ blocks: [first], end }: RangeAnswer, cursor: BlockRef): boolean {
  const block = first ?? end
  return block !== undefined && follows(block, cursor)
}

/** Blocks of levels that do not follow each other cannot be compared; what lies between them is final. */
function follows(block: BlockRef, cursor: BlockRef): boolean {
  return block.level !== cursor.level + 1 || block.parentHash === cursor.hash
}

/** Up to which level an answer is complete, by its last block: what has no block there yet is a node that is behind. */
function coveredBy({ from, blocks, end }: FetchedRange): number {
  return end?.level ?? blocks.at(-1)?.level ?? from - 1
}
