import { writeFileSync } from 'node:fs'
import { simulateChain, type SimulatedBlock } from 'pawl/testing'

export interface RecordedChain {
  /** The blocks that stay, by level. */
  readonly canonical: readonly SimulatedBlock[]
  /** Blocks that left the chain. */
  readonly orphans: number
}

/** Deeper than any reorg: what waits for so many levels never runs for a block that leaves the chain. */
export const CONFIRMATIONS = 4
const DEEPEST = CONFIRMATIONS - 1

export interface ChainToRecord {
  readonly levels: number
  readonly seed: number
  /** Of its reorgs. */
  readonly deepest?: number
}

/** Writes the arrivals of a chain with random reorgs, for `replay`. */
export function recordChain(file: string, { levels, seed, deepest = DEEPEST }: ChainToRecord): RecordedChain {
  const chain = simulateChain({ seed, length: 1 })
  const arrivals: SimulatedBlock[] = [...chain.canonical()]
  const random = randomNumbers(seed)
  let orphans = 0
  while (chain.head.level < levels) {
    const depth = random() < 0.3 && chain.head.level > deepest ? 1 + Math.floor(random() * deepest) : 0
    const from = chain.head.level - depth + 1
    if (depth === 0) chain.extend()
    // One longer, so that the new branch is a head that was not there.
    else chain.reorg(depth, depth + 1)
    orphans += depth
    arrivals.push(...chain.canonical().filter(({ level }) => level >= from))
  }
  writeFileSync(file, arrivals.map((block) => `${JSON.stringify(refOf(block))}\n`).join(''))
  return { canonical: chain.canonical(), orphans }
}

const refOf = ({ level, hash, parentHash, timestamp }: SimulatedBlock) => ({
  level,
  hash,
  parentHash,
  timestamp,
})

/** From 0 to 1, the same ones for the same seed. (mulberry32) */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
