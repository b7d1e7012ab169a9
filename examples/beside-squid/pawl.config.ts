import * as v from 'valibot'
import { defineConfig, hook } from 'pawl'
import { beside, squidProgress } from 'pawl/beside'
import { evm } from 'pawl/evm'

const {
  DATABASE_URL = 'postgres://postgres:postgres@127.0.0.1:5432/squid',
  RPC_URL = 'http://127.0.0.1:8545',
} = process.env

/** Says what becomes of each block that the Squid has seen; `confirmations` deep, and so once. */
export default defineConfig({
  database: DATABASE_URL,
  // The Squid's tables are in `public`, and its own to write.
  schema: 'work',

  indexes: {
    squid: {
      datasource: beside({
        indexer: squidProgress({ database: DATABASE_URL }),
        chain: evm({ url: RPC_URL, blocks: 'header', pollInterval: 200 }),
        pollInterval: 200,
      }),
      handler: async (ctx, { level, hash }) => {
        await ctx.fireHook(
          'announce',
          { level, hash },
          { wait: false, confirmations: 3, key: `${level}:${hash}` },
        )
      },
    },
  },

  hooks: {
    announce: hook({
      args: { level: v.number(), hash: v.string() },
      run: async ({ sql, logger }, { level, hash }) => {
        const [seen] = await sql<{ hash: string }[]>`select hash from public.seen where id = ${String(level)}`
        if (seen?.hash !== hash) throw new Error(`the Squid has ${seen?.hash ?? 'nothing'} at level ${level}`)
        logger.info(`announced ${level} ${hash}`)
      },
    }),
    count: hook({
      run: async ({ sql, logger }) => {
        const [row] = await sql<{ count: number }[]>`select count(*)::int from public.seen`
        logger.info(`the Squid has ${row?.count} blocks`)
      },
    }),
  },

  jobs: { count: { hook: 'count', interval: '2s', when: 'synchronized' } },
  on_synchronized: ({ logger }) => logger.info('the Squid is at the head'),
})
