import type { IndexStatus } from '../hooks/context.ts'
import { BlockCache } from './block-cache.ts'
import { CatchUp, type AdvanceOutcome } from './catch-up.ts'
import { CursorStore } from './cursor-store.ts'
import type { AdvanceOptions, FollowerOptions, FollowerSignals } from './follower-options.ts'
import { Finality } from './finality.ts'
import { IndexPosition } from './index-position.ts'
import { JournalUpkeep } from './journal-upkeep.ts'
import { LevelWriter } from './level-writer.ts'
import { linkSignals } from '../link-signals.ts'
import { ProgressThrottle, type Progress } from './progress-throttle.ts'
import { RangeIndexer } from './range-indexer.ts'
import { SourceReader } from './source-reader.ts'
import { splitByBytes } from './split-by-bytes.ts'

const FINALITY = 64
const TIMEOUT = 30_000
/** Bytes of memory of what a handler of batches gets at a time. It makes rows of all of it before the first is sent, and those take as much. */
const BATCH = 1_000_000

/** Follows one chain for one index. One call at a time. */
export class Follower {
  readonly #options: FollowerOptions
  readonly #source: SourceReader
  readonly #store: CursorStore
  readonly #position: IndexPosition
  readonly #catchUp: CatchUp
  readonly #upkeep: JournalUpkeep
  readonly #progress: ProgressThrottle
  #cache: BlockCache | undefined
  #onProgress: (() => void) | undefined
  #synchronized = false

  constructor(options: FollowerOptions) {
    const { name, config, database, clock, logger, timeout = TIMEOUT, pollInterval } = options
    const { datasource, finality = FINALITY, firstLevel = 0, lastLevel = Infinity } = config
    this.#options = options
    this.#source = new SourceReader({
      index: name,
      datasource,
      clock,
      logger,
      timeout,
      pollInterval,
    })
    this.#store = new CursorStore(database, name)
    this.#position = new IndexPosition(this.#store, firstLevel)
    this.#upkeep = new JournalUpkeep(options)
    this.#progress = new ProgressThrottle(clock, options.onProgress)
    const indexer = new RangeIndexer({
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
    this.#catchUp = new CatchUp({
      ...options,
      index: name,
      lastLevel,
      source: this.#source,
      finality: new Finality({ source: this.#source, position: this.#position, finality }),
      store: this.#store,
      position: this.#position,
      indexer,
      load: () => this.#load(),
      checkChain: async (signal) => this.#checkChain(await this.#source.chain(signal)),
      onSourceBehind: () => this.leaveHead(),
    })
  }

  /** The index's id in the database; known from the first `prepare` on. */
  get id(): number {
    return this.#position.id
  }

  get status(): IndexStatus {
    const { level, timestamp } = this.#position.cursor ?? {}
    const { name } = this.#options
    const { head, orphanedFrom = this.#position.orphanedFrom } = this.#catchUp
    return { name, level, timestamp, head, synchronized: this.#synchronized, orphanedFrom }
  }

  /**
   * Contacts the source, registers the index, loads the cursor. Call it before the first `advance`, and after an error.
   * @throws ChainMismatchError, DatasourceError
   */
  async prepare(signal: AbortSignal): Promise<void> {
    const chain = await this.#source.chain(signal)
    await this.#load()
    signal.throwIfAborted()
    await this.#checkChain(chain)
    if (chain !== undefined) await this.#openCache(chain, signal)
  }

  async #checkChain(chain: string | undefined): Promise<void> {
    if (chain !== undefined) await this.#store.checkChain(chain, this.#source.description)
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
      return this.#settle(await this.#catchUp.run({ drain, signal, stop }))
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

  #settle(outcome: AdvanceOutcome): AdvanceOutcome {
    const atHead = outcome.type === 'head' || outcome.type === 'lastLevel'
    this.#synchronized = atHead || (outcome.type === 'stopped' && this.#synchronized)
    if (atHead) this.#offerUpkeep()
    this.#report((progress) => this.#progress.flush(progress))
    return outcome
  }

  #report(to: (progress: Omit<Progress, 'levels'>) => void): void {
    const { cursor } = this.#position
    const { head } = this.#catchUp
    if (cursor === undefined || head === undefined) return
    const { level, hash } = cursor
    to({ level, hash, head, synchronized: this.#synchronized })
  }

  /** Never above the cursor: the ref of the last level stays. */
  #offerUpkeep(): void {
    const level = this.#position.cursor?.level ?? -1
    this.#upkeep.offer(this.id, Math.min(this.#catchUp.finalized, level), level)
  }
}
