import * as v from 'valibot'
import { defineConfig, hook } from 'pawl'
import { transfers } from '../transfers.ts'

const { METADATA_URL = 'http://127.0.0.1:8081' } = process.env

const Metadata = v.object({ symbol: v.string(), decimals: v.pipe(v.number(), v.integer()) })

export default defineConfig({
  database: process.env['DATABASE_URL'],
  // What a token is called does not change with the chain: neither a reorg nor a reindex fetches it again.
  immuneTables: ['token_metadata'],

  indexes: {
    transfers: {
      datasource: transfers(),
      handler: async (ctx, { level, logs }) => {
        for (const { address } of logs) {
          const { count } = await ctx.sql`
            insert into token (address, first_level) values (${address}, ${level}) on conflict do nothing`
          if (count > 0) await ctx.fireHook('fetch_metadata', { address }, { wait: false, key: address })
        }
      },
    },
  },

  hooks: {
    fetch_metadata: hook({
      args: { address: v.string() },
      // After 0.2 s, 0.4 s, 0.8 s … and in the end every 5 minutes; half a day, then it is dead until `pawl hooks retry`.
      retry: { attempts: 150, delay: 0.2, maxDelay: 300 },
      // One token that nobody knows does not hold up the others.
      maxConcurrency: 4,
      // Not atomic: a transaction that waits for the network keeps the indexing waiting, too.
      run: async ({ sql, signal }, { address }) => {
        const response = await fetch(`${METADATA_URL}/${address}`, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
        })
        if (!response.ok) throw new Error(`${METADATA_URL} answered ${response.status}`)
        const { symbol, decimals } = v.parse(Metadata, await response.json())
        // It may run twice (the process dies after this line): so the second time changes nothing.
        await sql`
          insert into token_metadata (address, symbol, decimals) values (${address}, ${symbol}, ${decimals})
          on conflict do nothing`
      },
    }),
  },
})
