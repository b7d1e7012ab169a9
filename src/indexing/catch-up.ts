import { confirmFirings } from '../database/confirm-firings.ts'
import type { Database } from '../database/database.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import { DeepReorgError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { describeBrokenLink } from './answer-fault.ts'
import type { CursorStore } from './cursor-store.ts'
import type { Finality } from './finality.ts'
import { findAncestor } from './find-ancestor.ts'
import type { FollowerOptions, FollowerSignals } from './follower-options.ts'
import type { IndexPosition } from './index-position.ts'
import type { RangeIndexer } from './range-indexer.ts'
import type { SourceReader } from './source-reader.ts'

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

export interface CatchUpOptions extends Pick<FollowerOptions, 'onDeepReorg' | 'onConfirmed'> {
  readonly index: string
  readonly lastLevel: number
  readonly database: Database
  readonly logger: Logger
  readonly source: SourceReader
  readonly finality: Finality
  readonly store: CursorStore
  readonly position: IndexPosition
  readonly indexer: RangeIndexer
  /** Takes over where the index stands by the database. */
  readonly load: () => Promise<void>
  /** A node may have come back as one of another chain. @throws ChainMismatchError, DatasourceError */
  readonly checkChain: (signal: AbortSignal) => Promise<void>
  /** It has all that the source has, which is itself behind the chain. */
  readonly onSourceBehind: () => void
}

/**
 * Brings an index from where it stands to the head.
 *
 * A loop of looks: ask for the head, compare it with the cursor, index up to it, and ask again until nothing is new.
 * Whatever the head says, only blocks prove a reorg: heads come late, twice, and from branches that are gone.
 */
export class CatchUp {
  readonly #options: CatchUpOptions
  #head: number | undefined
  #finalized = -1
  #behind = false
  #orphanedFrom: number | undefined

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  /** The newest level that the source told of. */
  get head(): number | undefined {
    return this.#head
  }

  /** The highest level that the source told to be final. */
  get finalized(): number {
    return this.#finalized
  }

  /** Rows from this level on are of blocks that left the chain, as was found since the index was last at its head. */
  get orphanedFrom(): number | undefined {
    return this.#orphanedFrom
  }

  /** @throws as `Follower.advance` does */
  async run(signals: FollowerSignals & { readonly stop: AbortSignal }): Promise<AdvanceOutcome> {
    const { source, finality, position } = this.#options
    const { stop } = signals
    for (let tries = 1; ;) {
      if (stop.aborted) return { type: 'stopped' }
      const head = await source.head(position.cursor, stop)
      const finalized = await finality.ask(head, stop)
      this.#head = head.level
      this.#finalized = finalized
      const { next } = position
      const outcome = await this.#look({ ...signals, head, finalized })
      if (outcome.type === 'head' && !(await source.caughtUp(position.cursor, stop))) {
        this.#options.onSourceBehind()
        await source.changed(position.cursor, stop)
        continue
      }
      // Whatever was wrong is not any more, or is stored.
      if (outcome.type === 'head' || outcome.type === 'lastLevel') this.#orphanedFrom = undefined
      if (outcome.type !== 'again') return outcome
      tries = position.next > next ? 1 : tries + 1
      if (tries > TRIES) throw source.contradiction(outcome.because)
    }
  }

  async #look(look: Look): Promise<AdvanceOutcome | Again> {
    const { head, finalized } = look
    const { position, lastLevel } = this.#options
    const { cursor, next, verified } = position
    const to = Math.min(head.level, lastLevel)
    if (cursor !== undefined) {
      const isHead = head.level === cursor.level && head.hash === cursor.hash
      // A higher head is compared by the parent of its first new block, where there is one to index, and it is not final: what is may
      // be left out.
      const isLinked = verified && head.level > cursor.level && next <= to && next > finalized
      const reorg = isHead || isLinked ? undefined : await this.#compare(look, cursor)
      if (reorg !== undefined) return reorg
      this.#noteBehind(head.level < cursor.level, head)
    }
    position.verified = true
    if (next <= to) return this.#index(look, to)
    return next > lastLevel && (await this.#ends(look)) ? { type: 'lastLevel' } : { type: 'head' }
  }

  /**
   * Before its last level is final a reorg may still take it off, and as long as firings of its levels wait to be deeper, somebody has
   * to see the head rise: the index goes on looking.
   */
  async #ends({ head, finalized }: Look): Promise<boolean> {
    const { database, position, lastLevel, onConfirmed } = this.#options
    const { sql, ownSchema } = database
    const found = await confirmFirings(sql, { ownSchema, indexId: position.id, head: head.level })
    if (found.confirmed > 0) onConfirmed?.()
    return lastLevel <= finalized && !found.waiting
  }

  async #index(look: Look, to: number): Promise<AdvanceOutcome | Again> {
    const outcome = await this.#options.indexer.run({ ...look, to })
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

  /** A reorg, if the source's blocks prove one, and are of the chain that was indexed. */
  async #compare(look: Look, cursor: BlockRef): Promise<AdvanceOutcome | Again | undefined> {
    const { store, source, index, position, checkChain } = this.#options
    const top = Math.min(look.head.level, cursor.level)
    try {
      const toLevel = await findAncestor({
        store,
        source,
        index,
        indexId: position.id,
        cursor: cursor.level,
        top,
        signal: look.stop,
      })
      if (toLevel === undefined) return undefined
      await checkChain(look.stop)
      return { type: 'reorg', fromLevel: cursor.level, toLevel }
    } catch (error) {
      if (!(error instanceof DeepReorgError)) throw error
      await checkChain(look.stop)
      if (!(await this.#goesOn(look, error, top))) throw error
      return again('its reorgs reach below what can be undone, again and again')
    }
  }

  async #goesOn({ head, stop }: Look, { fromLevel }: DeepReorgError, top: number): Promise<boolean> {
    const { source, load, onDeepReorg } = this.#options
    this.#orphanedFrom = fromLevel
    const [block] = head.level === top ? [head] : await source.refs({ from: top, to: top }, stop)
    if (block === undefined || (await onDeepReorg?.({ fromLevel, block })) !== true) return false
    await load()
    return true
  }

  #noteBehind(behind: boolean, head: BlockRef): void {
    if (behind && !this.#behind) {
      this.#options.logger.debug('the datasource is behind what is indexed', { head: head.level })
    }
    this.#behind = behind
  }
}

function again(because: string): Again {
  return { type: 'again', because }
}
