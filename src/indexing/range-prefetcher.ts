import type { Clock } from '../clock.ts'
import type { RangeAnswer } from './level-group.ts'
import { linkSignals, type LinkedSignal } from './link-signals.ts'
import type { RangeSize } from './range-size.ts'

export interface PrefetchOptions {
  /** The first and the last level to read, both included. */
  readonly from: number
  readonly to: number
  readonly size: RangeSize
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly read: (from: number, to: number, signal: AbortSignal) => Promise<RangeAnswer>
}

export interface FetchedRange extends RangeAnswer {
  readonly from: number
  readonly to: number
}

/** Reads a span of levels range by range; while one is worked on, the next is on its way. Never more than that one. */
export class RangePrefetcher {
  readonly #options: PrefetchOptions
  readonly #link: LinkedSignal
  #underWay: Promise<FetchedRange> | undefined

  constructor(options: PrefetchOptions) {
    this.#options = options
    this.#link = linkSignals(options.signal)
    this.#underWay = this.#begin(options.from)
  }

  /** The next range; undefined: that was the last. Rejects as `read` does. */
  async next(): Promise<FetchedRange | undefined> {
    const range = await this.#underWay
    this.#underWay = range === undefined ? undefined : this.#begin(range.to + 1)
    return range
  }

  /** Aborts what is under way. */
  close(): void {
    this.#link.abort(new Error('the range is not needed any more'))
    this.#link.unlink()
  }

  #begin(from: number): Promise<FetchedRange> | undefined {
    const { to, size } = this.#options
    if (from > to) return undefined
    const range = this.#fetch(from, Math.min(to, from + size.levels - 1))
    // It may fail before anybody asks for it, or never be asked for.
    range.catch(() => {})
    return range
  }

  async #fetch(from: number, to: number): Promise<FetchedRange> {
    const { clock, size, read } = this.#options
    const { signal } = this.#link
    const started = clock.now()
    try {
      const answer = await read(from, to, signal)
      size.answered({ levels: to - from + 1, blocks: answer.blocks.length, ms: clock.now() - started })
      return { from, to, ...answer }
    } catch (error) {
      if (!signal.aborted) size.failed()
      throw error
    }
  }
}
