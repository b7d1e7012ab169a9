import { confirmFirings } from '../database/confirm-firings.ts'
import { DeepReorgError } from '../errors.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import type { IndexStatus } from '../hooks/context.ts'
import { describeBrokenLink } from './answer-fault.ts'
import { BlockCache } from './block-cache.ts'
import { CursorStore } from './cursor-store.ts'
import { findAncestor } from './find-ancestor.ts'
import type { AdvanceOptions, FollowerOptions, FollowerSignals } from './follower-options.ts'
import { IndexPosition } from './index-position.ts'
import { JournalUpkeep } from './journal-upkeep.ts'
import { LevelWriter } from './level-writer.ts'
import { linkSignals } from '../link-signals.ts'
import { ProgressThrottle, type Progress } from './progress-throttle.ts'
import { RangeIndexer } from './range-indexer.ts'
import { SourceReader } from './source-reader.ts'
import { splitByBytes } from './split-by-bytes.ts'

/** How an advance ended. */
export type AdvanceOutcome =
  /** There is nothing more to index now. */
  | { readonly type: 'head' }
  /** The index is at its end, no reorg can reach it any more, and none of its firings waits for confirmations. */
  | { readonly type: 'lastLevel' }
  /** It was asked to stop, and did so at a level boundary. */
  | { readonly type: 'stopped' }
  /** Levels `toLevel + 1` to `fromLevel` left the chain: revert them, then advance again. */
  | { readonly type: 'reorg'; readonly fromLevel: number; readonly toLevel: number }

const FINALITY = 64
const TIMEOUT = 30_000
/** Bytes of memory of what a handler of batches gets at a time. It makes rows of all of it before the first is sent, and those take as much. */
const BATCH = 1_000_000
/** Looks at a source that tells of more than it has before that counts as an error. */
const TRIES = 3

/** What the source said, and the signals of the advance that asked. */
interface Look extends FollowerSignals {
  readonly stop: AbortSignal
  readonly head: BlockRef
  readonly finalized: number
}

/** The source is to be asked again; `because` is what is wrong with it if that does not help. */
interface Again {
  readonly type: 'again'
  readonly because: string
}

/**
 * Follows one chain for one index. One call at a time.
 *
 * A loop of looks: ask for the head, compare it with the cursor, index up to it, and ask again until nothing is new.
 * Whatever the head says, only blocks prove a reorg: heads come late, twice, and from branches that are gone.
 */
export class Follower {
  readonly #options: FollowerOptions
  readonly #source: SourceReader
  readonly #store: CursorStore
  readonly #position: IndexPosition
  readonly #indexer: RangeIndexer
  readonly #upkeep: JournalUpkeep
  readonly #progress: ProgressThrottle
  readonly #lastLevel: number
  #cache: BlockCache | undefined
  #head: number | undefined
  #finalized = -1
  #onProgress: (() => void) | undefined
  #synchronized = false
  #behind = false
  /** Rows from this level on are of blocks that left the chain. */
  #orphanedFrom: number | undefined

  constructor(options: FollowerOptions) {
    const { name, config, database, clock, logger, timeout = TIMEOUT, pollInterval } = options
    const { datasource, finality = FINALITY, firstLevel = 0, lastLevel = Infinity } = config
    this.#options = options
    this.#lastLevel = lastLevel
    this.#source = new SourceReader({
      index: name,
      datasource,
      clock,
      logger,
      finality,
      timeout,
      pollInterval,
    })
    this.#store = new CursorStore(database, name)
    this.#position = new IndexPosition(this.#store, firstLevel)
    this.#upkeep = new JournalUpkeep(options)
    this.#progress = new ProgressThrottle(clock, options.onProgress)
    this.#indexer = new RangeIndexer({
      source: this.#source,
      writer: new LevelWriter({
        ...options,
        index: name,
        callsOf: (blocks) =>
          config.batch === true
            ? splitByBytes(blocks, BATCH, (block) => this.#source.bytesOf([block]))
            : blocks.map((block) => [block]),
      }),
      position: this.#position,
      clock,
      ahead: options.ahead,
      cache: () => this.#cache,
      mayBeginLater: config.firstLevel === undefined,
      onDone: (levels) => {
        this.#onProgress?.()
        this.#onProgress = undefined
        this.#report((progress) => this.#progress.add(levels, progress))
      },
      onJournalled: () => this.#offerUpkeep(),
    })
  }

  /** The index's id in the database; known from the first `prepare` on. */
  get id(): number {
    const { id } = this.#position
    if (id === undefined) throw new Error(`index "${this.#options.name}" is not prepared`)
    return id
  }

  get status(): IndexStatus {
    const { level, timestamp } = this.#position.cursor ?? {}
    const { name } = this.#options
    const orphanedFrom = this.#orphanedFrom ?? this.#position.orphanedFrom
    return { name, level, timestamp, head: this.#head, synchronized: this.#synchronized, orphanedFrom }
  }

  /**
   * Contacts the source, registers the index, loads the cursor. Call it before the first `advance`, and after an error.
   * @throws ChainMismatchError, DatasourceError
   */
  async prepare(signal: AbortSignal): Promise<void> {
    const chain = await this.#source.chain(signal)
    await this.#load()
    signal.throwIfAborted()
    if (chain === undefined) return
    await this.#store.checkChain(chain, this.#source.description)
    await this.#openCache(chain, signal)
  }

  async #openCache(chain: string, signal: AbortSignal): Promise<void> {
    const { name: index, config, database, logger } = this.#options
    const { selection } = config.datasource
    if (config.cache !== true || selection === undefined) return
    this.#cache = new BlockCache({ index, database, source: this.#source, logger, chain, selection })
    await this.#cache.open(signal)
  }

  /**
   * Indexes from the cursor to the head, first making sure that the cursor's block is still on the chain.
   * @throws DatasourceError; DeepReorgError when a reorg is deeper than what can be undone; LeaseLostError;
   * UnjournallableTableError; what the handler throws. The levels before are committed, the failed one leaves nothing.
   */
  async advance({ drain, signal, onProgress }: AdvanceOptions): Promise<AdvanceOutcome> {
    const link = linkSignals(signal, drain)
    const stop = link.signal
    this.#onProgress = onProgress
    try {
      if (this.#position.stale) await this.#load()
      return this.#settle(await this.#follow({ drain, signal, stop }))
    } catch (error) {
      this.#position.stale = true
      signal.throwIfAborted()
      if (stop.aborted && error === stop.reason) return this.#settle({ type: 'stopped' })
      throw error
    } finally {
      link.unlink()
      // Nothing of an advance goes on after it; but whoever cut it off does not wait.
      if (!signal.aborted) await this.#upkeep.settled()
    }
  }

  /** It does not count as synchronized any more, until it is at its head again. */
  leaveHead(): void {
    if (!this.#synchronized) return
    this.#synchronized = false
    this.#report((progress) => this.#progress.flush(progress))
  }

  /** Resolves when there may be something new, or at once when drained. @throws DatasourceError */
  async waitForHead({ drain, signal }: FollowerSignals): Promise<void> {
    const link = linkSignals(signal, drain)
    try {
      await this.#source.changed(this.#position.cursor, link.signal)
    } catch (error) {
      if (!link.signal.aborted) throw error
    } finally {
      link.unlink()
    }
  }

  /**
   * Loads the cursor again, after something else (a revert, a wipe) moved it. What moved it is committed: where it cannot be loaded
   * now, the next advance does, or tells what is wrong.
   */
  async reload(): Promise<void> {
    this.#position.stale = true
    try {
      await this.#load()
    } catch (error) {
      this.#options.logger.debug('where the index stands cannot be loaded yet', { error })
    }
  }

  async #load(): Promise<void> {
    this.#upkeep.reset((await this.#position.load()).pruned)
  }

  async #follow(signals: FollowerSignals & { readonly stop: AbortSignal }): Promise<AdvanceOutcome> {
    const { stop } = signals
    for (let tries = 1; ;) {
      if (stop.aborted) return { type: 'stopped' }
      const head = await this.#source.head(this.#position.cursor, stop)
      const finalized = await this.#source.finalized(head, stop)
      this.#head = head.level
      this.#finalized = finalized
      const { next } = this.#position
      const outcome = await this.#look({ ...signals, head, finalized })
      if (outcome.type === 'head' && !(await this.#source.caughtUp(this.#position.cursor, stop))) {
        this.leaveHead()
        await this.#source.changed(this.#position.cursor, stop)
        continue
      }
      if (outcome.type !== 'again') return outcome
      tries = this.#position.next > next ? 1 : tries + 1
      if (tries > TRIES) throw this.#source.contradiction(outcome.because)
    }
  }

  async #look(look: Look): Promise<AdvanceOutcome | Again> {
    const { head, finalized } = look
    const { cursor, next, verified } = this.#position
    const to = Math.min(head.level, this.#lastLevel)
    if (cursor !== undefined) {
      const isHead = head.level === cursor.level && head.hash === cursor.hash
      // A higher head is compared by the parent of its first new block, where there is one to index, and it is not final: what is may
      // be left out.
      const isLinked = verified && head.level > cursor.level && next <= to && next > finalized
      const reorg = isHead || isLinked ? undefined : await this.#compare(look, cursor)
      if (reorg !== undefined) return reorg
      this.#noteBehind(head.level < cursor.level, head)
    }
    this.#position.verified = true
    if (next <= to) return this.#index(look, to)
    return next > this.#lastLevel && (await this.#ends(look)) ? { type: 'lastLevel' } : { type: 'head' }
  }

  /**
   * Before its last level is final a reorg may still take it off, and as long as firings of its levels wait to be deeper, somebody has
   * to see the head rise: the index goes on looking.
   */
  async #ends({ head, finalized }: Look): Promise<boolean> {
    const { database, onConfirmed } = this.#options
    const { sql, ownSchema } = database
    const found = await confirmFirings(sql, { ownSchema, indexId: this.id, head: head.level })
    if (found.confirmed > 0) onConfirmed?.()
    return this.#lastLevel <= finalized && !found.waiting
  }

  async #index(look: Look, to: number): Promise<AdvanceOutcome | Again> {
    const outcome = await this.#indexer.run({ ...look, to })
    switch (outcome.type) {
      case 'stopped':
        return outcome
      case 'unlinked': {
        const { cursor, block } = outcome
        return (await this.#compare(look, cursor)) ?? again(describeBrokenLink(cursor, block))
      }
      case 'ended':
        return again(`it told of level ${look.head.level}, and has no level ${outcome.level}`)
      case 'done':
        return again(`there is always more than level ${to}`)
    }
  }

  /** A reorg, if the source's blocks prove one. */
  async #compare(look: Look, cursor: BlockRef): Promise<AdvanceOutcome | Again | undefined> {
    const top = Math.min(look.head.level, cursor.level)
    try {
      const toLevel = await findAncestor({
        store: this.#store,
        source: this.#source,
        index: this.#options.name,
        indexId: this.id,
        cursor: cursor.level,
        top,
        signal: look.stop,
      })
      return toLevel === undefined ? undefined : { type: 'reorg', fromLevel: cursor.level, toLevel }
    } catch (error) {
      if (error instanceof DeepReorgError && (await this.#goesOn(look, error, top))) {
        return again('its reorgs reach below what can be undone, again and again')
      }
      throw error
    }
  }

  async #goesOn({ head, stop }: Look, { fromLevel }: DeepReorgError, top: number): Promise<boolean> {
    this.#orphanedFrom = fromLevel
    const [block] = head.level === top ? [head] : await this.#source.refs({ from: top, to: top }, stop)
    if (block === undefined || (await this.#options.onDeepReorg?.({ fromLevel, block })) !== true)
      return false
    await this.#load()
    return true
  }

  #noteBehind(behind: boolean, head: BlockRef): void {
    if (behind && !this.#behind) {
      this.#options.logger.debug('the datasource is behind what is indexed', { head: head.level })
    }
    this.#behind = behind
  }

  #settle(outcome: AdvanceOutcome): AdvanceOutcome {
    const atHead = outcome.type === 'head' || outcome.type === 'lastLevel'
    // Whatever was wrong is not any more, or is stored.
    if (atHead) this.#orphanedFrom = undefined
    this.#synchronized = atHead || (outcome.type === 'stopped' && this.#synchronized)
    if (atHead) this.#offerUpkeep()
    this.#report((progress) => this.#progress.flush(progress))
    return outcome
  }

  #report(to: (progress: Omit<Progress, 'levels'>) => void): void {
    const { cursor } = this.#position
    if (cursor === undefined || this.#head === undefined) return
    const { level, hash } = cursor
    to({ level, hash, head: this.#head, synchronized: this.#synchronized })
  }

  /** Never above the cursor: the ref of the last level stays. */
  #offerUpkeep(): void {
    const level = this.#position.cursor?.level ?? -1
    this.#upkeep.offer(this.id, Math.min(this.#finalized, level), level)
  }
}

function again(because: string): Again {
  return { type: 'again', because }
}
