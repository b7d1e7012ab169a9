import { createHash } from 'node:crypto'
import { simulateChain, type SimulatedBlock, type SimulatedChain } from 'pawl/testing'

/** A chain of token transfers as the examples read it, block by block in the order of arrival. */
export interface TransferRecording {
  readonly chain: SimulatedChain
  /** What arrived since it was last asked for, as NDJSON. */
  lines(): string
  extend(count: number): void
  /** Takes `depth` blocks off and puts one more in their place. */
  reorg(depth: number): void
}

export function recordTransfers(length: number, seed = 5): TransferRecording {
  const chain = simulateChain({ seed, length, emptyShare: 0.3, accounts: 6 })
  let arrivals = [...chain.canonical()]
  return {
    chain,
    lines() {
      const lines = arrivals.map((block) => `${JSON.stringify(transfersOf(block))}\n`)
      arrivals = []
      return lines.join('')
    },
    extend: (count) => void arrivals.push(...chain.extend(count)),
    reorg: (depth) => void arrivals.push(...chain.reorg(depth, depth + 1).added),
  }
}

/** `examples/transfers.ndjson`: a short reorg, and one that is deeper than 12 confirmations. */
export function exampleRecording(): string {
  const recording = recordTransfers(40)
  recording.extend(8)
  recording.reorg(3)
  recording.extend(16)
  recording.reorg(14)
  recording.extend(14)
  return recording.lines()
}

export interface RecordedTransfer {
  readonly address: string
  readonly transactionHash: string
  readonly logIndex: number
  readonly args: { readonly from: string; readonly to: string; readonly value: string }
}

export function transfersOf({ events, ...ref }: SimulatedBlock) {
  const logs = events.map(({ index, from, to, amount }): RecordedTransfer => ({
    address: address(`token ${amount % 3}`),
    transactionHash: hash(`${ref.hash} ${index}`),
    logIndex: index,
    args: { from: address(from), to: address(to), value: `${amount}${'0'.repeat(18)}` },
  }))
  return { ...ref, logs }
}

const hash = (text: string): string => `0x${createHash('sha256').update(text).digest('hex')}`
const address = (name: string): string => hash(name).slice(0, 42)
