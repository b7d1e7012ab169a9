import type { Clock } from '../clock.ts'
import type { Beat } from './process-row.ts'

/**
 * ms. A difference that is no more than this is left alone: it is what a network and a busy machine make of the same time, and a
 * clock that jumps about for it would be the worse one.
 */
const TOLERANCE = 100

/**
 * The machine's clock, put right by the database's where they differ: of several machines some are always wrong, and the
 * times that they write into one database have to mean the same.
 */
export class DatabaseClock implements Clock {
  readonly #machine: Clock
  #skew = 0

  constructor(machine: Clock) {
    this.#machine = machine
  }

  now(): number {
    return this.#machine.now() + this.#skew
  }

  setTimeout(run: () => void, delay: number): unknown {
    return this.#machine.setTimeout(run, delay)
  }

  clearTimeout(timer: unknown): void {
    this.#machine.clearTimeout(timer)
  }

  /** Takes over what a heartbeat found. @returns by how many ms it changed */
  adjust({ skew, skewError }: Pick<Beat, 'skew' | 'skewError'>): number {
    const change = skew - this.#skew
    // What it shows may be all error.
    if (Math.abs(change) <= Math.max(TOLERANCE, skewError)) return 0
    this.#skew = Math.abs(skew) <= TOLERANCE ? 0 : Math.round(skew)
    return Math.round(change)
  }
}
