import type { BlockRef } from '../datasources/datasource.ts'
import type { CarefulSource } from './careful-source.ts'

/** Levels. Small enough to show progress soon, grown as long as the source answers fast. */
const FIRST_SIZE = 50
const LARGEST_SIZE = 1_000
/** ms. An answer faster than this doubles the next range, one slower than four times this halves it. */
const GOOD_TIME = 1_000

export interface Range {
  readonly from: number
  readonly to: number
  /** All of its levels are final, or none is. */
  readonly final: boolean
  readonly blocks: readonly BlockRef[]
  /** The block at `to`, where the source left it out; undefined: it is the last of `blocks`, or the chain ended early. */
  readonly end: BlockRef | undefined
}

export interface RangeOptions {
  readonly source: CarefulSource
  readonly from: number
  readonly to: number
  readonly finalized: number
}

/** Reads ranges of blocks, the next while the last is worked on. Remembers what size suits the source. */
export class RangeReader {
  #size = FIRST_SIZE

  /** Ends after `to`, or where the chain does. Leaving the loop aborts what was read ahead. */
  async *read({ source, from, to, finalized }: RangeOptions, signal: AbortSignal): AsyncGenerator<Range> {
    const ahead = new AbortController()
    const both = AbortSignal.any([signal, ahead.signal])
    const start = (at: number): Promise<Range> => {
      const last = Math.min(at + this.#size - 1, to, at <= finalized ? finalized : to)
      const reading = this.#readOne(source, at, last, finalized, both)
      // Its failure is told when it is its turn.
      reading.catch(() => {})
      return reading
    }
    try {
      for (let next: Promise<Range> | undefined = start(from); next !== undefined;) {
        const range: Range = await next
        next = range.to < to && (range.blocks.length > 0 || range.end) ? start(range.to + 1) : undefined
        yield range
      }
    } finally {
      ahead.abort(new Error('no longer needed'))
    }
  }

  async #readOne(
    source: CarefulSource,
    from: number,
    to: number,
    finalized: number,
    signal: AbortSignal,
  ): Promise<Range> {
    const started = performance.now()
    const final = to <= finalized
    try {
      const blocks = await source.blocks(from, to, final ? to : from - 1, signal)
      this.#learn(performance.now() - started)
      const complete = blocks.at(-1)?.level === to
      const [end] = final && !complete ? await source.blocks(to, to, to - 1, signal) : []
      return { from, to, final, blocks, end }
    } catch (error) {
      this.#size = Math.max(1, this.#size >> 1)
      throw error
    }
  }

  #learn(time: number): void {
    if (time < GOOD_TIME) this.#size = Math.min(LARGEST_SIZE, this.#size * 2)
    else if (time > GOOD_TIME * 4) this.#size = Math.max(1, this.#size >> 1)
  }
}
