import * as v from 'valibot'
import { defineConfig, hook, type HookContext } from 'pawl'
import { transfers } from '../transfers.ts'

const { WEBHOOK_URL = 'http://127.0.0.1:8080' } = process.env

const transfer = {
  transaction: v.string(),
  level: v.number(),
  from: v.string(),
  to: v.string(),
  value: v.bigint(),
}

type Transfer = v.InferOutput<v.ObjectSchema<typeof transfer, undefined>>

export default defineConfig({
  database: process.env['DATABASE_URL'],

  indexes: {
    transfers: {
      datasource: transfers(),
      handler: async (ctx, { level, logs }) => {
        for (const { transactionHash: transaction, logIndex, args } of logs) {
          const key = `${transaction}:${logIndex}`
          await ctx.fireHook(
            'announce',
            { transaction, level, ...args },
            { wait: false, confirmations: 12, key },
          )
        }
      },
    },
  },

  hooks: {
    announce: hook({
      args: transfer,
      retry: { attempts: 50, delay: 0.5, maxDelay: 60 },
      run: (ctx, args) => post(ctx, 'transfer', args),
      // Its block left the chain although it was 12 deep.
      onReverted: (ctx, args) => post(ctx, 'transfer.reverted', args),
    }),
  },
})

async function post({ firing, signal }: HookContext, type: string, args: Transfer): Promise<void> {
  const response = await fetch(WEBHOOK_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      // The same each time that this is sent again. A correction is of the same firing, and is a message of its own.
      'idempotency-key': `${firing.id}:${type}`,
    },
    body: JSON.stringify({ type, ...args, value: String(args.value) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  })
  if (!response.ok) throw new Error(`${WEBHOOK_URL} answered ${response.status}`)
}
