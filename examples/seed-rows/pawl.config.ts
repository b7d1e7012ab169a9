import { readFile } from 'node:fs/promises'
import { defineConfig } from 'pawl'
import { transfers } from '../transfers.ts'

interface Label {
  readonly account: string
  readonly name: string
}

const LABELS = process.env['LABELS'] ?? new URL('labels.json', import.meta.url)

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

  // Seeds of a later release, for databases that are there already, too: once each. A new release gets a new key.
  on_restart: async (ctx) => {
    await ctx.once('labels, first list', async (sql) => {
      const labels = JSON.parse(await readFile(LABELS, 'utf8')) as readonly Label[]
      for (const { account, name } of labels) {
        await sql`insert into label (account, name) values (${account}, ${name})`
      }
      ctx.logger.info(`${labels.length} labels seeded`)
    })
  },
})
