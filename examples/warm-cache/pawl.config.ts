import { defineConfig, type HandlerContext } from 'pawl'
import { transfers } from '../transfers.ts'

type Sql = HandlerContext['sql']

/** Every balance, and the last level that the handler added to them; -1: they are as the database has them. */
const cache = { level: -1, balances: new Map<string, bigint>() }

export default defineConfig({
  database: process.env['DATABASE_URL'],

  indexes: {
    transfers: {
      datasource: transfers(),
      handler: async ({ sql }, { level, logs }) => {
        // This level was here before, and its transaction did not commit: the cache is ahead of the database.
        if (level <= cache.level) await warm(sql)
        cache.level = level
        const changed = new Map<string, bigint>()
        const add = (account: string, amount: bigint): void => {
          const balance = (cache.balances.get(account) ?? 0n) + amount
          cache.balances.set(account, balance)
          changed.set(account, balance)
        }
        for (const { args } of logs) {
          add(args.from, -args.value)
          add(args.to, args.value)
        }
        // Nothing was read for this.
        for (const [account, amount] of changed) {
          await sql`
            insert into balance (account, amount) values (${account}, ${amount})
            on conflict (account) do update set amount = excluded.amount`
        }
      },
    },
  },

  // Every start, before any indexing: also after a reindex, when the table is empty.
  on_restart: ({ sql }) => warm(sql),
  // The rows are put back by triggers. What is in memory is not in the database: load it again.
  on_index_rollback: async (ctx, index, fromLevel, toLevel) => {
    await ctx.rollback(index, fromLevel, toLevel)
    await warm(ctx.sql)
  },
})

async function warm(sql: Sql): Promise<void> {
  const rows = await sql<{ account: string; amount: string }[]>`select account, amount from balance`
  cache.balances = new Map(rows.map(({ account, amount }) => [account, BigInt(amount)]))
  cache.level = -1
}
