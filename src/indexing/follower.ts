import type { Clock } from '../clock.ts'
import type { IndexConfig } from '../config/config.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import { DatasourceError } from '../errors.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { Logger } from '../logger.ts'
import { applyLevels, type LevelWriter } from './apply-levels.ts'
import { CarefulSource } from './careful-source.ts'
import { CursorStore } from './cursor-store.ts'
import { findAncestor } from './find-ancestor.ts'
import { ProgressReporter, type Progress } from './progress-reporter.ts'
import { RangeReader, type Range } from './range-reader.ts'

export type AdvanceOutcome =
  /** Nothing newer is there. */
  | { readonly type: 'head' }
  | { readonly type: 'lastLevel' }
  | { readonly type: 'stopped' }
  /** Levels `toLevel + 1` to `fromLevel` are not on the chain any more. */
  | { readonly type: 'reorg'; readonly fromLevel: number; readonly toLevel: number }

export interface FollowerOptions extends Omit<LevelWriter, 'index'> {
  readonly name: string
  readonly config: IndexConfig
  readonly clock: Clock
  readonly logger: Logger
  /** Forgets how to undo the levels at or below `finalized`. */
  readonly prune: (options: { readonly indexId: number; readonly finalized: number }) => Promise<void>
  /** At most one every 100 ms, but always the last. */
  readonly onProgress: (progress: Progress) => void
}

/** How to end: `drain` at the next level boundary, `signal` at once. */
export interface FollowerSignals {
  readonly drain: AbortSignal
  readonly signal: AbortSignal
}

/** Levels below the head that count as not final, for a source that cannot tell. */
const FINALITY = 64
/** ms, for sources that do not push. */
const POLL_INTERVAL = 1_000
/** Levels a transaction, where no reorg can reach. */
const LEVELS_A_TRANSACTION = 500
/** Pruning costs a few ms however much it prunes: not each level. */
const PRUNE_EVERY = 50
/** Times that a source may tell of a head and then not have it. */
const MOST_EMPTY_ANSWERS = 3

/**
 * Follows one chain with one handler: reads ranges ahead, links them, applies them level by level, and stops at a reorg.
 * Holds where the index stands; the database is the truth, and `prepare` and `reload` read it anew.
 */
export class Follower {
  readonly #options: FollowerOptions
  readonly #source: CarefulSource
  readonly #store: CursorStore
  readonly #ranges = new RangeReader()
  readonly #progress: ProgressReporter
  readonly #writer: LevelWriter
  #id: number | undefined
  #cursor: BlockRef | undefined
  #head: number | undefined
  #synchronized = false
  #pruned = Number.NEGATIVE_INFINITY

  constructor(options: FollowerOptions) {
    const { name, config, clock, database } = options
    this.#options = options
    this.#source = new CarefulSource({ index: name, source: config.datasource, clock })
    this.#store = new CursorStore(database, name)
    this.#progress = new ProgressReporter(clock, options.onProgress)
    this.#writer = { ...options, index: name }
  }

  get status(): IndexStatus {
    const { name } = this.#options
    return { name, level: this.#cursor?.level, head: this.#head, synchronized: this.#synchronized }
  }

  /** Of the index in Pawl's tables. Known from `prepare` on. */
  get id(): number {
    if (this.#id === undefined) throw new Error(`index "${this.#options.name}" was not prepared`)
    return this.#id
  }

  /**
   * Makes the index known to the database and compares the chain.
   * @throws ChainMismatchError, DatasourceError
   */
  async prepare(signal: AbortSignal): Promise<void> {
    await this.reload()
    const chain = await this.#source.chain(signal)
    if (chain !== undefined) await this.#store.checkChain(chain, this.#source.description)
  }

  /** Reads where the index stands: after a rollback, a wipe, or a commit whose outcome is unknown. */
  async reload(): Promise<void> {
    const { id, cursor } = await this.#store.load()
    this.#id = id
    this.#cursor = cursor
    this.#synchronized = false
  }

  /** Indexes from the cursor to the head, as long as there is anything new. */
  async advance({ drain, signal }: FollowerSignals): Promise<AdvanceOutcome> {
    for (let empty = 0; empty < MOST_EMPTY_ANSWERS;) {
      if (drain.aborted) return { type: 'stopped' }
      const before = this.#cursor
      const head = await this.#source.head(before, signal)
      this.#head = head.level
      if (await this.#hasLeftTheChain(head)) return this.#reorg(head.level, signal)
      const { config } = this.#options
      const from = before === undefined ? (config.firstLevel ?? 0) : before.level + 1
      const to = Math.min(head.level, config.lastLevel ?? head.level)
      if (from > to) return this.#settle(head, signal)

      const finalized = await this.#finalized(head, signal)
      const outcome = await this.#index({ from, to, finalized, head: head.level }, { drain, signal })
      if (outcome !== undefined) return outcome
      empty = this.#cursor === before ? empty + 1 : 0
      await this.#prune(finalized)
    }
    throw new DatasourceError(
      `index "${this.#options.name}": ${this.#source.description} tells of level ${this.#head}, but does not have it`,
    )
  }

  /** Resolves when there may be something new, or when it is told to end. */
  waitForHead({ drain, signal }: FollowerSignals): Promise<void> {
    return this.#source.changed(this.#cursor, POLL_INTERVAL, AbortSignal.any([drain, signal]))
  }

  async #index(
    { from, to, finalized, head }: { from: number; to: number; finalized: number; head: number },
    { drain, signal }: FollowerSignals,
  ): Promise<AdvanceOutcome | undefined> {
    for await (const range of this.#ranges.read({ source: this.#source, from, to, finalized }, signal)) {
      const [first = range.end] = range.blocks
      const cursor = this.#cursor
      if (first !== undefined && cursor?.level === first.level - 1 && first.parentHash !== cursor.hash) {
        return this.#reorg(head, signal)
      }
      for (const levels of inTransactions(range)) {
        if (drain.aborted) return { type: 'stopped' }
        await applyLevels(
          this.#writer,
          { ...levels, indexId: this.id, previous: this.#cursor?.level, journalled: !range.final },
          signal,
        )
        this.#cursor = levels.end
        this.#progress.note({
          level: levels.end.level,
          hash: levels.end.hash,
          head,
          levels: levels.blocks.length,
          synchronized: this.#synchronized,
          isLast: levels.end.level === to,
        })
      }
    }
    return undefined
  }

  /** Is the chain's block at the head's level another one than the index's? */
  async #hasLeftTheChain(head: BlockRef): Promise<boolean> {
    const cursor = this.#cursor
    if (cursor === undefined || head.level > cursor.level) return false
    const [ref] = await this.#store.refsBelow(this.id, head.level + 1, 1)
    if (ref?.level === head.level) return ref.hash !== head.hash
    // A head below every ref that is kept: the node is behind, for what it tells cannot be orphaned any more.
    return false
  }

  async #reorg(highest: number, signal: AbortSignal): Promise<AdvanceOutcome> {
    const cursor = this.#cursor
    if (cursor === undefined) throw new Error('an index without a block cannot have left the chain')
    this.#synchronized = false
    const toLevel = await findAncestor(
      {
        index: this.#options.name,
        indexId: this.id,
        store: this.#store,
        source: this.#source,
        cursor,
        highest,
      },
      signal,
    )
    return { type: 'reorg', fromLevel: cursor.level, toLevel }
  }

  /** A last level that a reorg may still take off is followed like a head. */
  async #settle(head: BlockRef, signal: AbortSignal): Promise<AdvanceOutcome> {
    const { lastLevel } = this.#options.config
    this.#synchronized = true
    if (lastLevel === undefined || this.#cursor === undefined || this.#cursor.level < lastLevel) {
      return { type: 'head' }
    }
    const final = lastLevel <= (await this.#finalized(head, signal))
    return { type: final ? 'lastLevel' : 'head' }
  }

  async #finalized(head: BlockRef, signal: AbortSignal): Promise<number> {
    const told = await this.#source.finalized(signal)
    return told ?? head.level - (this.#options.config.finality ?? FINALITY)
  }

  async #prune(finalized: number): Promise<void> {
    const reached = Math.min(finalized, this.#cursor?.level ?? finalized)
    if (reached < this.#pruned + PRUNE_EVERY) return
    await this.#options.prune({ indexId: this.id, finalized: reached })
    this.#pruned = reached
  }
}

/** Where a reorg can reach, a level each; below, many. */
function* inTransactions({ blocks, end, final }: Range) {
  const size = final ? LEVELS_A_TRANSACTION : 1
  for (let at = 0; at < blocks.length; at += size) {
    const some = blocks.slice(at, at + size)
    const isLast = at + size >= blocks.length
    // The slice is not empty.
    yield { blocks: some, end: isLast && end !== undefined ? end : some.at(-1)! }
  }
  if (blocks.length === 0 && end !== undefined) yield { blocks, end }
}
