import { defineConfig } from 'pawl'
import { tzkt } from 'pawl/tzkt'
import * as v from 'valibot'

const { TZKT_URL = 'https://api.tzkt.io', TOKEN = '' } = process.env

const transfer = v.array(
  v.object({
    from_: v.string(),
    txs: v.array(v.object({ to_: v.string(), amount: v.pipe(v.string(), v.toBigint()) })),
  }),
)

export const { indexes } = defineConfig({
  indexes: {
    bazaar_mainnet: {
      datasource: tzkt({
        url: TZKT_URL,
        operations: [{ kind: 'transaction', target: TOKEN, entrypoint: 'transfer', parameter: transfer }],
      }),
      // was: async def on_transfer(ctx: HandlerContext, transfer: TezosTransaction[TransferParameter, Fa2Storage]) -> None
      handler: async (ctx, { level, operations }) => {
        for (const { id, parameter } of operations) {
          for (const { from_: sender, txs } of parameter) {
            for (const { to_: receiver, amount } of txs) {
              ctx.insert('transfer', { id, level, sender, receiver, amount })
              ctx.upsert('holder', { address: sender, balance: -amount }, { key: 'address', add: 'balance' })
              ctx.upsert('holder', { address: receiver, balance: amount }, { key: 'address', add: 'balance' })
            }
          }
        }
      },
    },
  },
})
