import type { Logger } from '../logger.ts'

export interface JournalUpkeepOptions {
  readonly logger: Logger
  /** Forgets how to undo the levels up to `finalized`. */
  readonly prune: (options: { readonly indexId: number; readonly finalized: number }) => Promise<void>
  /** Keeps those above quick to find. */
  readonly tend: () => Promise<void>
}

/** Pruning costs a few statements however little there is: so many levels at a time, at least. */
const LEVELS = 50
/** And so many times what stays, which is copied where most goes. */
const SHARE = 4
/** Levels that are journalled between two looks at how large the journal has become. */
const LOOK = 256

/** What the journal needs now and then: beside the levels, one thing at a time. */
export class JournalUpkeep {
  readonly #options: JournalUpkeepOptions
  #pruned = -1
  #tended = -1
  #running: Promise<void> | undefined

  constructor(options: JournalUpkeepOptions) {
    this.#options = options
  }

  /** Takes over what the database knows. */
  reset(pruned: number | undefined): void {
    this.#pruned = pruned ?? -1
    // A reindex begins far below where it was.
    this.#tended = -1
  }

  /** Starts what is worth it for an index that stands at `level`: to prune what is final, to tend what is not. Does not wait. */
  offer(indexId: number, finalized: number, level: number): void {
    if (this.#running !== undefined) return
    const { prune, tend } = this.#options
    if (finalized - this.#pruned >= Math.max(LEVELS, SHARE * (level - finalized))) {
      this.#pruned = finalized
      this.#start('pruned', finalized, () => prune({ indexId, finalized }))
    } else if (level - Math.max(this.#tended, finalized) >= LOOK) {
      this.#tended = level
      this.#start('tended', finalized, tend)
    }
  }

  /** Resolves when nothing is being done. */
  async settled(): Promise<void> {
    await this.#running
  }

  #start(what: 'pruned' | 'tended', finalized: number, work: () => Promise<void>): void {
    // No level is lost by a failure, and the next time does more. A database that is gone stops the levels, too.
    const failed = (error: unknown): void =>
      this.#options.logger.warn(`the journal could not be ${what}; tried again later`, { finalized, error })
    this.#running = work()
      .catch(failed)
      .finally(() => {
        this.#running = undefined
      })
  }
}
