import type { Logger } from '../logger.ts'

export interface PrunerOptions {
  readonly logger: Logger
  readonly prune: (options: { readonly indexId: number; readonly finalized: number }) => Promise<void>
}

/** Pruning costs a few statements however little there is: so many levels at a time, at least. */
const LEVELS = 50
/** And so many times what stays, which is copied where most goes. */
const SHARE = 4

/** Forgets how to undo what has become final: now and then, beside the levels, one at a time. */
export class JournalPruner {
  readonly #options: PrunerOptions
  #pruned = -1
  #running: Promise<void> | undefined

  constructor(options: PrunerOptions) {
    this.#options = options
  }

  /** Takes over what the database knows. */
  reset(pruned: number | undefined): void {
    this.#pruned = pruned ?? -1
  }

  /** Starts to prune what is final of an index that stands at `level`, if that is worth it. Does not wait. */
  offer(indexId: number, finalized: number, level: number): void {
    const least = Math.max(LEVELS, SHARE * (level - finalized))
    if (this.#running !== undefined || finalized - this.#pruned < least) return
    this.#running = this.#prune(indexId, finalized).finally(() => {
      this.#running = undefined
    })
  }

  /** Resolves when nothing is being pruned. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #prune(indexId: number, finalized: number): Promise<void> {
    const { logger, prune } = this.#options
    this.#pruned = finalized
    try {
      await prune({ indexId, finalized })
    } catch (error) {
      // No level is lost by it, and the next one prunes more. A database that is gone stops the levels, too.
      logger.warn('the journal could not be pruned; tried again later', { finalized, error })
    }
  }
}
