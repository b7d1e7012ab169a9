import type { Clock } from '../clock.ts'
import type { RangeAnswer } from './level-group.ts'
import { linkSignals, type LinkedSignal } from '../link-signals.ts'
import type { RangeSize } from './range-size.ts'
import type { ReadAhead } from './read-ahead.ts'

export interface PrefetchOptions {
  /** The first and the last level to read, both included. */
  readonly from: number
  readonly to: number
  readonly size: RangeSize
  readonly ahead: ReadAhead
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly read: (from: number, to: number, signal: AbortSignal) => Promise<RangeAnswer>
  /** Where a range ends that begins at `from`, and was to end at `to`. */
  readonly limit: (from: number, to: number) => number
  /** Of an answer, in memory. */
  readonly bytesOf: (answer: RangeAnswer) => number
}

export interface FetchedRange extends RangeAnswer {
  readonly from: number
  readonly to: number
}

interface UnderWay {
  /** Once it is there. */
  fetched: FetchedRange | undefined
  /** What it takes in memory: expected at first, then known. */
  bytes: number
  readonly range: Promise<FetchedRange>
}

/** More at a time are no faster on a node nearby, and hit the rate limits of one far away. */
const AT_ONCE = 4

/**
 * Reads a span of levels range by range, and in their order; while one is worked on, the next ones are on their way. Not while the very first
 * is: to read others then would hold up its rows, by some 200 ms for full levels, as code is slow that has hardly run.
 */
export class RangePrefetcher {
  readonly #options: PrefetchOptions
  readonly #link: LinkedSignal
  readonly #underWay: UnderWay[] = []
  #next: number

  constructor(options: PrefetchOptions) {
    this.#options = options
    this.#link = linkSignals(options.signal)
    this.#next = options.from
    this.#fill()
  }

  /** The next range; undefined: that was the last. Rejects as `read` does. */
  async next(): Promise<FetchedRange | undefined> {
    if (this.#underWay.length === 0) this.#fill()
    const isFirst = !this.#options.size.isKnown
    const range = await this.#underWay[0]?.range
    this.#takeFirst()
    if (!isFirst) this.#fill()
    return range
  }

  /** The next range, if it is there by now and is what is wanted; else it stays. */
  takeFetched(isWanted: (range: FetchedRange) => boolean): FetchedRange | undefined {
    const range = this.#underWay[0]?.fetched
    if (range === undefined || !isWanted(range)) return undefined
    this.#takeFirst()
    this.#fill()
    return range
  }

  /** Aborts what is under way. */
  close(): void {
    this.#link.abort(new Error('the range is not needed any more'))
    this.#link.unlink()
    while (this.#underWay.length > 0) this.#takeFirst()
  }

  #fill(): void {
    const { to, size, ahead, limit } = this.#options
    const atOnce = size.isKnown ? AT_ONCE : 1
    while (this.#next <= to && this.#underWay.length < atOnce) {
      const from = this.#next
      const last = limit(from, Math.min(to, from + size.levels - 1))
      const bytes = size.expect(last - from + 1)
      if (this.#underWay.length > 0 && !ahead.fits(bytes)) return
      this.#next = last + 1
      this.#begin(from, last, bytes)
    }
  }

  #begin(from: number, to: number, expected: number): void {
    const entry: UnderWay = {
      bytes: expected,
      fetched: undefined,
      range: this.#fetch(from, to).then(({ range, bytes }) => {
        if (this.#underWay.includes(entry)) this.#options.ahead.add(bytes - entry.bytes)
        entry.bytes = bytes
        entry.fetched = range
        return range
      }),
    }
    this.#options.ahead.add(expected)
    // It may fail before anybody asks for it, or never be asked for.
    entry.range.catch(() => {})
    this.#underWay.push(entry)
  }

  /** It is read ahead no longer: it is worked on, or not needed. */
  #takeFirst(): void {
    this.#options.ahead.add(-(this.#underWay.shift()?.bytes ?? 0))
  }

  /** With its size: bytes of memory. */
  async #fetch(from: number, to: number): Promise<{ readonly range: FetchedRange; readonly bytes: number }> {
    const { clock, size, read, bytesOf } = this.#options
    const { signal } = this.#link
    const started = clock.now()
    try {
      const answer = await read(from, to, signal)
      const bytes = bytesOf(answer)
      size.answered({ levels: to - from + 1, bytes, ms: clock.now() - started })
      return { range: { from, to, ...answer }, bytes }
    } catch (error) {
      if (!signal.aborted) size.failed()
      throw error
    }
  }
}
