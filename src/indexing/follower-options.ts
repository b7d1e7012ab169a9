import type { Clock } from '../clock.ts'
import type { IndexConfig } from '../config/config.ts'
import type { Database, Transaction } from '../database/database.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import type { JournalUpkeepOptions } from './journal-upkeep.ts'
import type { LevelGate } from './level-gate.ts'
import type { Progress } from './progress-throttle.ts'
import type { ReadAhead } from './read-ahead.ts'

/**
 * Runs the user's handler inside the transaction of these levels: one, or all at once where the index is one of batches. Errors are
 * already wrapped in CallbackError.
 */
export type RunHandler = (
  transaction: Transaction,
  blocks: readonly BlockRef[],
  signal: AbortSignal,
) => Promise<void>

/** What a follower works with. */
export interface FollowerOptions extends JournalUpkeepOptions {
  readonly name: string
  readonly config: IndexConfig
  readonly database: Database
  /** The number of the lease that this process holds. Undefined: not checked. */
  readonly fence: bigint | undefined
  readonly clock: Clock
  readonly gate: LevelGate
  /** Of all indexes of this process. */
  readonly ahead: ReadAhead
  readonly runHandler: RunHandler
  /** Brings the journal's triggers up to date with the tables: asked for when one was created or altered. */
  readonly track: () => Promise<void>
  /**
   * A reorg reaches below what can be undone. Where the policy is to go on, it moves the cursor to `block`, the source's own, and
   * resolves with true.
   */
  readonly onDeepReorg?: (reorg: { readonly fromLevel: number; readonly block: BlockRef }) => Promise<boolean>
  /** At most every 100 ms, and whenever an advance ends with levels that are not reported yet. */
  readonly onProgress: (progress: Progress) => void
  /** It has reached its last level, and firings that waited there have their confirmations by the chain's head. */
  readonly onConfirmed?: () => void
  /** ms that a call of the datasource may take. Default: 30,000. */
  readonly timeout?: number
  /** ms between two looks at a source that does not tell of new heads. Default: 1,000. */
  readonly pollInterval?: number
}

/** When to end. */
export interface FollowerSignals {
  /** Settle at the next level boundary: a handler in flight finishes, and its level is committed. */
  readonly drain: AbortSignal
  /** Cut off what runs; its transaction is rolled back. */
  readonly signal: AbortSignal
}

export interface AdvanceOptions extends FollowerSignals {
  /** Called once, when the first level is committed. */
  readonly onProgress?: (() => void) | undefined
}
