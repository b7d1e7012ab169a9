import type { Clock } from '../clock.ts'
import type { IndexConfig } from '../config/config.ts'
import type { Database, Transaction } from '../database/database.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { Logger } from '../logger.ts'
import { IndexFollower } from './index-follower.ts'
import type { LevelGate } from './level-gate.ts'
import type { Progress } from './progress-throttle.ts'

export interface FollowerOptions {
  readonly name: string
  readonly config: IndexConfig
  readonly database: Database
  /** The number of the lease that this process holds. Undefined: not checked. */
  readonly fence: bigint | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly gate: LevelGate
  /** Runs the user's handler for one block inside the level's transaction; errors are already wrapped in CallbackError. */
  readonly runHandler: (transaction: Transaction, block: BlockRef, signal: AbortSignal) => Promise<void>
  /** Brings the journal's triggers up to date with the tables: asked for when one was created or altered. */
  readonly track: () => Promise<void>
  /** Forgets how to undo the levels up to `finalized`. */
  readonly prune: (options: { readonly indexId: number; readonly finalized: number }) => Promise<void>
  /** At most every 100 ms, and whenever an advance ends with levels that are not reported yet. */
  readonly onProgress: (progress: Progress) => void
  /** ms that a call of the datasource may take. Default: 30,000. */
  readonly timeout?: number
  /** ms between two looks at a source that does not tell of new heads. Default: 1,000. */
  readonly pollInterval?: number
}

/** How an advance ended. */
export type AdvanceOutcome =
  /** There is nothing more to index now. */
  | { readonly type: 'head' }
  /** The index is at its end, and no reorg can reach it any more. */
  | { readonly type: 'lastLevel' }
  /** It was asked to stop, and did so at a level boundary. */
  | { readonly type: 'stopped' }
  /** Levels `toLevel + 1` to `fromLevel` left the chain: revert them, then advance again. */
  | { readonly type: 'reorg'; readonly fromLevel: number; readonly toLevel: number }

/** When to end. */
export interface FollowerSignals {
  /** Settle at the next level boundary: a handler in flight finishes, and its level is committed. */
  readonly drain: AbortSignal
  /** Cut off what runs; its transaction is rolled back. */
  readonly signal: AbortSignal
}

/** Follows one chain for one index. One call at a time. */
export interface Follower {
  /** The index's id in the database; known from the first `prepare` on. */
  readonly id: number
  readonly status: IndexStatus
  /**
   * Contacts the source, registers the index, loads the cursor. Call it before the first `advance`, and after an error.
   * @throws ChainMismatchError, DatasourceError
   */
  prepare(signal: AbortSignal): Promise<void>
  /**
   * Indexes from the cursor to the head, first making sure that the cursor's block is still on the chain.
   * @throws DatasourceError; RollbackError when a reorg is deeper than what can be undone; LeaseLostError;
   * UnjournallableTableError; what the handler throws. The levels before are committed, the failed one leaves nothing.
   */
  advance(signals: FollowerSignals): Promise<AdvanceOutcome>
  /** Resolves when there may be something new, or at once when drained. @throws DatasourceError */
  waitForHead(signals: FollowerSignals): Promise<void>
  /** Loads the cursor again, after something else (a revert, a wipe) moved it. */
  reload(signal?: AbortSignal): Promise<void>
}

export function createFollower(options: FollowerOptions): Follower {
  return new IndexFollower(options)
}
