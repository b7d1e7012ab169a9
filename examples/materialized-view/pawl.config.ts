import { defineConfig, hook } from 'pawl'
import { transfers } from '../transfers.ts'

export default defineConfig({
  database: process.env['DATABASE_URL'],

  indexes: {
    transfers: {
      datasource: transfers(),
      handler: async ({ sql }, { level, logs }) => {
        for (const { logIndex, address, args } of logs) {
          await sql`insert into transfer (level, log_index, token, "from", "to", amount)
            values (${level}, ${logIndex}, ${address}, ${args.from}, ${args.to}, ${args.value})`
        }
      },
    },
  },

  hooks: {
    // Not atomic: REFRESH … CONCURRENTLY takes its time, and indexing goes on meanwhile.
    refresh_balance: hook({ run: (ctx) => ctx.executeSqlScript('refresh_balance') }),
  },

  jobs: {
    // While the index catches up the view would be out of date as soon as it is refreshed.
    refresh: { hook: 'refresh_balance', crontab: '*/2 * * * * *', when: 'synchronized' },
  },

  // The view is no table: rolling back does not change it, and it would serve what left the chain until the next refresh.
  on_index_rollback: async (ctx, index, fromLevel, toLevel) => {
    await ctx.rollback(index, fromLevel, toLevel)
    await ctx.executeSqlScript('refresh_balance')
  },
})
