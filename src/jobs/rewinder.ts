import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { JobStore } from './job-store.ts'

/** ms until it is stored again that the clock was set back. */
const REWIND_AGAIN = 1_000

export interface RewinderOptions {
  readonly store: JobStore
  readonly clock: Clock
  readonly logger: Logger
  /** The rows say so now. */
  readonly rewound: () => void
}

/** Stores that the clock was wrong before, for as long as it takes: until then what its fire times came to in the wrong time counts. */
export class Rewinder {
  readonly #options: RewinderOptions
  #timer: unknown
  #stopped = false

  constructor(options: RewinderOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async rewind(): Promise<void> {
    const { clock, logger, store, rewound } = this.#options
    clock.clearTimeout(this.#timer)
    try {
      await store.rewind(new Date(clock.now()))
    } catch (error) {
      logger.warn('that the clock was set back could not be stored yet', { error })
      if (!this.#stopped) this.#timer = clock.setTimeout(() => void this.rewind(), REWIND_AGAIN)
      return
    }
    rewound()
  }

  stop(): void {
    this.#stopped = true
    this.#options.clock.clearTimeout(this.#timer)
  }
}
