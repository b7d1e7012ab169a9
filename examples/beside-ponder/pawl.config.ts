import * as v from 'valibot'
import { defineConfig, hook } from 'pawl'
import { beside, ponderProgress } from 'pawl/beside'
import { evm } from 'pawl/evm'

const {
  DATABASE_URL = 'postgres://postgres:postgres@127.0.0.1:5432/ponder',
  RPC_URL = 'http://127.0.0.1:8545',
  PONDER_SCHEMA = 'app',
} = process.env

/** Says what becomes of each block that the Ponder app has seen; `confirmations` deep, and so once. */
export default defineConfig({
  database: DATABASE_URL,
  // The app's tables are in its own schema, and its own to write.
  schema: 'work',

  indexes: {
    ponder: {
      datasource: beside({
        indexer: ponderProgress({ database: DATABASE_URL, schema: PONDER_SCHEMA, chainId: 31_337 }),
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
      // Read after the confirmations: in the moment of a reorg the app may still have the rows of the block that left.
      run: async ({ sql, logger }, { level, hash }) => {
        const [seen] = await sql<
          { hash: string }[]
        >`select hash from ${sql(PONDER_SCHEMA)}.seen where number = ${level}`
        if (seen?.hash !== hash) throw new Error(`the app has ${seen?.hash ?? 'nothing'} at level ${level}`)
        logger.info(`announced ${level} ${hash}`)
      },
    }),
    count: hook({
      run: async ({ sql, logger }) => {
        const [row] = await sql<{ count: number }[]>`select count(*)::int from ${sql(PONDER_SCHEMA)}.seen`
        logger.info(`the app has ${row?.count} blocks`)
      },
    }),
  },

  jobs: { count: { hook: 'count', interval: '2s', when: 'synchronized' } },
  on_synchronized: ({ logger }) => logger.info('the app is at the head'),
})
