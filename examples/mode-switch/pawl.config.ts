import { defineConfig, hook } from 'pawl'
import { transfers } from '../transfers.ts'

// Bulk mode is how sql/on_reindex/ makes the tables. Live mode is what sql/on_synchronized/ adds. The schema is the switch:
// it is there after a restart, and gone with a wipe.
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
    report: hook({
      run: async ({ executeSqlQuery, logger }) => {
        const [busiest] = await executeSqlQuery<{ account: string; transfers: bigint }>('report')
        logger.info(`busiest: ${busiest?.account}, ${busiest?.transfers} transfers`)
      },
    }),
  },

  jobs: {
    report: { hook: 'report', interval: '3s', when: 'synchronized' },
  },

  on_synchronized: ({ logger }) => logger.info('live: indexes and notifications are there'),
})
