import type { Clock } from '../clock.ts'

export interface Progress {
  /** The last level that is committed. */
  readonly level: number
  /** Of the block at `level`. */
  readonly hash: string
  /** The newest level that the datasource told of. */
  readonly head: number
  /** Levels done since the last report, those without data included. */
  readonly levels: number
  readonly synchronized: boolean
}

/** ms between two reports on the way. */
const INTERVAL = 100

/** Counts levels, and reports them now and then. */
export class ProgressThrottle {
  readonly #clock: Clock
  readonly #report: (progress: Progress) => void
  #levels = 0
  #reported = -Infinity
  #synchronized = false

  constructor(clock: Clock, report: (progress: Progress) => void) {
    this.#clock = clock
    this.#report = report
  }

  /** Levels were done; reported now if the last report is long enough ago. */
  add(levels: number, progress: Omit<Progress, 'levels'>): void {
    this.#levels += levels
    // Absolute: a clock that was set back must not silence it for hours.
    if (Math.abs(this.#clock.now() - this.#reported) >= INTERVAL) this.#tell(progress)
  }

  /** Reports what is not reported yet. */
  flush(progress: Omit<Progress, 'levels'>): void {
    if (this.#levels > 0 || progress.synchronized !== this.#synchronized) this.#tell(progress)
  }

  #tell(progress: Omit<Progress, 'levels'>): void {
    const levels = this.#levels
    this.#levels = 0
    this.#reported = this.#clock.now()
    this.#synchronized = progress.synchronized
    this.#report({ ...progress, levels })
  }
}
