import { createPublicClient, getAddress, http, type Address } from 'viem'
import * as v from 'valibot'
import { hook } from 'pawl'
import { tokenAbi } from './token.ts'

/** An account's balance in our database, and what the token contract says at the same level. */
export interface ComparedBalance {
  readonly account: Address
  readonly database: bigint
  readonly contract: bigint
}

export interface Comparison {
  readonly rpc: string
  readonly token: Address
  readonly onCompared: (balances: readonly ComparedBalance[]) => void
}

/**
 * A hook that compares the largest balances (all, with no limit) with the contract's own `balanceOf`. It is atomic, so
 * indexing waits at a level meanwhile, and both sides speak of that level.
 */
export function compareBalances({ rpc, token, onCompared }: Comparison) {
  const client = createPublicClient({ transport: http(rpc) })
  return hook({
    args: { limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))) },
    atomic: true,
    run: async ({ sql, indexes }, { limit = null }) => {
      const blockNumber = BigInt(indexes['transfers']?.level ?? 0)
      const rows = await sql<{ account: Address; amount: string }[]>`
        select account, amount from balance order by amount desc, account limit ${limit}`
      onCompared(
        await Promise.all(
          rows.map(async ({ account, amount }) => ({
            account: getAddress(account),
            database: BigInt(amount),
            contract: await client.readContract({
              abi: tokenAbi,
              address: token,
              functionName: 'balanceOf',
              args: [account],
              blockNumber,
            }),
          })),
        ),
      )
    },
  })
}
