import type { SimulatedChain } from 'pawl/testing'
import { transfersOf, type RecordedTransfer } from './record-transfers.ts'

/** The transfers of the chain, up to this level. */
export function transfersIn(chain: SimulatedChain, toLevel = Infinity): readonly RecordedTransfer[] {
  return chain
    .canonical()
    .filter(({ level }) => level <= toLevel)
    .flatMap((block) => transfersOf(block).logs)
}

/** Balances that are not 0, by whatever `of` makes of token and account: `key amount`, sorted. */
export function balancesOf(
  transfers: readonly RecordedTransfer[],
  of: (token: string, account: string) => string,
): readonly string[] {
  const balances = new Map<string, bigint>()
  for (const { address, args } of transfers) {
    for (const [account, change] of [
      [args.from, -BigInt(args.value)],
      [args.to, BigInt(args.value)],
    ] as const) {
      const key = of(address, account)
      balances.set(key, (balances.get(key) ?? 0n) + change)
    }
  }
  return [...balances]
    .filter(([, amount]) => amount !== 0n)
    .map(([key, amount]) => `${key} ${amount}`)
    .toSorted()
}
