import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'

export interface LookingOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** @throws what the database does */
  readonly look: () => Promise<void>
  /** Whether it is worth while to look again after the database did not answer. */
  readonly again: () => boolean
}

/** ms until it looks again after the database did not answer. */
const PATIENCE = 1_000

/** Looks at the queue when asked to: one look at a time, and one more for all that asked during it. */
export class Looking {
  readonly #options: LookingOptions
  #looking = false
  #asked = false
  #timer: unknown

  constructor(options: LookingOptions) {
    this.#options = options
  }

  ask(): void {
    this.#asked = true
    if (this.#looking) return
    this.#looking = true
    void this.#lookWhileAsked().finally(() => (this.#looking = false))
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer)
  }

  async #lookWhileAsked(): Promise<void> {
    const { clock, logger, look, again } = this.#options
    while (this.#asked) {
      this.#asked = false
      try {
        await look()
      } catch (error) {
        logger.debug('the queue of hooks cannot be read yet', { error })
        clock.clearTimeout(this.#timer)
        if (again()) this.#timer = clock.setTimeout(() => this.ask(), PATIENCE)
      }
    }
  }
}
