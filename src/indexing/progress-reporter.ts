import type { Clock } from '../clock.ts'

export interface Progress {
  readonly level: number
  readonly hash: string
  readonly head: number
  /** Levels since the last report. */
  readonly levels: number
  readonly synchronized: boolean
}

/** ms. Often enough to look live, seldom enough to cost nothing at thousands of levels a second. */
const INTERVAL = 100

/** Reports at most once an interval, and always what `isLast`. */
export class ProgressReporter {
  readonly #clock: Clock
  readonly #report: (progress: Progress) => void
  #reported = Number.NEGATIVE_INFINITY
  #levels = 0

  constructor(clock: Clock, report: (progress: Progress) => void) {
    this.#clock = clock
    this.#report = report
  }

  note({ isLast, levels, ...progress }: Progress & { readonly isLast: boolean }): void {
    this.#levels += levels
    const now = this.#clock.now()
    if (!isLast && now - this.#reported < INTERVAL) return
    this.#report({ ...progress, levels: this.#levels })
    this.#reported = now
    this.#levels = 0
  }
}
