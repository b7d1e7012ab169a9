import type { Reorg } from './token-chain.ts'

/** 1 to 20 deep; every second one leaves the chain at a lower height. */
export const reorgs: readonly Reorg[] = [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 20].map(
  (depth, number) => ({
    depth,
    replacement: number % 2 === 0 ? depth : Math.floor(depth / 2),
  }),
)
