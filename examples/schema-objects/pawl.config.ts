import { defineConfig } from 'pawl'
import { transfers } from '../transfers.ts'

// No on_reindex: the scripts of sql/on_reindex/ run by themselves, in natural order, in one transaction.
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
})
