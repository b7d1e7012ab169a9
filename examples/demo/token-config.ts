import { zeroAddress, type Address } from 'viem'
import * as v from 'valibot'
import { defineConfig, hook, type Logger } from 'pawl'
import { evm } from 'pawl/evm'
import { compareBalances, type ComparedBalance } from './compare-balances.ts'
import { watchLargeTransfers } from './watch-large-transfers.ts'

export interface TokenConfig {
  readonly rpc: string
  readonly token: Address
  readonly firstLevel: number
  /** How often the node is asked for a new head, in ms. */
  readonly pollInterval: number
  /** Where `sql/` is, and `.pawl/` with the embedded database comes to be. */
  readonly directory: string
  readonly logger: Logger
  /** Gets what `compare_balances` found. */
  readonly onCompared: (balances: readonly ComparedBalance[]) => void
}

/** Who holds how much of an ERC-20 token: every transfer, every balance, a ranking and some numbers. */
export const tokenConfig = ({
  rpc,
  token,
  firstLevel,
  pollInterval,
  directory,
  logger,
  onCompared,
}: TokenConfig) =>
  defineConfig({
    directory,
    logger,
    immuneTables: ['stats'],

    indexes: {
      transfers: {
        firstLevel,
        datasource: evm({
          url: rpc,
          pollInterval,
          logs: [
            {
              address: token,
              event: 'event Transfer(address indexed from, address indexed to, uint256 value)',
            },
          ],
        }),
        handler: async ({ sql }, { level, logs }) => {
          if (logs.length === 0) return
          await sql`insert into transfer ${sql(
            logs.map(({ logIndex, args }) => ({
              level,
              log_index: logIndex,
              from: args.from,
              to: args.to,
              amount: args.value,
            })),
          )}`
          // A mint comes from the zero address and a burn goes there; it holds nothing itself.
          await sql`
            insert into balance (account, amount)
            select account, sum(change)
            from (
              select "to" as account, amount as change from transfer where level = ${level}
              union all
              select "from", -amount from transfer where level = ${level}
            ) changes
            where account <> ${zeroAddress}
            group by account
            on conflict (account) do update set amount = balance.amount + excluded.amount`
        },
      },
    },

    hooks: {
      calculate_stats: hook({
        args: { major: v.boolean(), depth: v.pipe(v.number(), v.integer(), v.minValue(1)) },
        atomic: true,
        run: async ({ executeSqlQuery, logger }, { major, depth }) => {
          const [stats] = await executeSqlQuery<{ transfers: bigint; volume: string }>('calculate_stats', [
            major,
            depth,
          ])
          logger.info(`${stats?.transfers} transfers ${major ? 'in all' : `in ${depth} levels`}`)
        },
      }),
      refresh_top_holders: hook({ run: (ctx) => ctx.executeSqlScript('refresh_top_holders') }),
      watch_large_transfers: watchLargeTransfers,
      compare_balances: compareBalances({ rpc, token, onCompared }),
    },

    jobs: {
      refresh: { hook: 'refresh_top_holders', interval: 2 },
      recent_stats: {
        hook: 'calculate_stats',
        crontab: '*/5 * * * * *',
        args: { major: false, depth: 10 },
      },
      large_transfers: { hook: 'watch_large_transfers', daemon: true },
    },

    on_restart: ({ logger, datasources }) =>
      logger.info(`restart: reading ${datasources['transfers']?.description}`),
    // Before this runs, `sql/on_reindex/*.sql` has made the tables and the materialized view.
    on_reindex: ({ logger }) => logger.info('reindex: tables and the view top_holder are there'),
    on_synchronized: async ({ logger, sql }) => {
      const [row] = await sql`select count(*)::int as holders from balance where amount > 0`
      logger.info(`synchronized: ${row?.['holders']} accounts hold the token`)
    },
    on_index_rollback: async (ctx, index, fromLevel, toLevel) => {
      await ctx.rollback(index, fromLevel, toLevel)
    },
  })
