import { DatasourceError } from '../../errors.ts'
import type { BlockRef } from '../datasource.ts'

/** Arrivals in order, and what can be asked of them. Positions count arrivals from 0. */
export class Recording<Block extends BlockRef> {
  readonly lastPosition: number
  readonly #file: string
  readonly #arrivals: readonly Block[]
  readonly #byHash = new Map<string, Block>()
  readonly #positions = new Map<string, number>()
  /** By position: the highest level up to there. */
  readonly #highest: number[] = []
  readonly #lowest: number

  constructor(file: string, arrivals: readonly Block[]) {
    this.#file = file
    this.#arrivals = arrivals
    this.lastPosition = arrivals.length - 1
    let highest = 0
    let lowest = Infinity
    for (const [position, block] of arrivals.entries()) {
      this.#byHash.set(block.hash, block)
      this.#positions.set(block.hash, position)
      this.#highest.push((highest = Math.max(highest, block.level)))
      lowest = Math.min(lowest, block.level)
    }
    this.#lowest = lowest
  }

  at(position: number): Block {
    const block = this.#arrivals[position]
    if (block === undefined) throw new RangeError(`no arrival ${position} of ${this.#arrivals.length}`)
    return block
  }

  /** The highest level told up to `position`. */
  highest(position: number): number {
    return this.#highest[position] ?? 0
  }

  /** Where to go on after `hash` was the last: right after its last arrival, or at the last of the first `there` arrivals. */
  positionAfter(hash: string | undefined, there = 1): number {
    const position = hash === undefined ? undefined : this.#positions.get(hash)
    return Math.min(position === undefined ? there - 1 : position + 1, this.lastPosition)
  }

  /**
   * The ancestors of `head`, itself included, from level `from` to `to`. The recording may not reach down so far: that is
   * an error only above `finalized`, and never below its first level.
   */
  branch(head: Block, from: number, to: number, finalized: number): readonly Block[] {
    const blocks: Block[] = []
    for (let block = head; block.level >= from;) {
      if (block.level <= to) blocks.push(block)
      const parent = this.#byHash.get(block.parentHash)
      if (parent === undefined) {
        if (block.level > Math.max(from, finalized + 1, this.#lowest)) throw this.#missingParent(block)
        break
      }
      block = parent
    }
    return blocks.reverse()
  }

  #missingParent({ level, hash, parentHash }: BlockRef): DatasourceError {
    return new DatasourceError(
      `${this.#file} holds block ${hash} of level ${level}, and not its parent ${parentHash}`,
      { retriable: false },
    )
  }
}
