import * as v from 'valibot'
import { defineConfig, hook } from 'pawl'
import { tzkt } from 'pawl/tzkt'
import { localToken } from './local-token.ts'

const { TZKT_URL, TOKEN } = process.env
const { url, token } = TZKT_URL === undefined ? await localToken() : { url: TZKT_URL, token: TOKEN ?? '' }

/** The parameter of `transfer`, by the FA2 standard (TZIP-12), as TzKT shows it: numbers of any size are texts. */
const transfer = v.array(
  v.object({
    from_: v.string(),
    txs: v.array(v.object({ to_: v.string(), amount: v.pipe(v.string(), v.toBigint()) })),
  }),
)

export default defineConfig({
  database: process.env['DATABASE_URL'],

  indexes: {
    holders: {
      datasource: tzkt({
        url,
        operations: [{ kind: 'transaction', target: token, entrypoint: 'transfer', parameter: transfer }],
      }),
      handler: async ({ sql }, { level, operations }) => {
        for (const { parameter } of operations) {
          for (const { from_, txs } of parameter) {
            for (const { to_, amount } of txs) {
              const changes = [
                { address: from_, balance: -amount, last_seen: level },
                { address: to_, balance: amount, last_seen: level },
              ]
              for (const change of changes) {
                await sql`insert into holder ${sql(change)} on conflict (address) do update
                  set balance = holder.balance + excluded.balance, transfers = holder.transfers + 1, last_seen = excluded.last_seen`
              }
            }
          }
        }
      },
    },
  },

  hooks: {
    calculate_stats: hook({
      args: { major: v.boolean() },
      run: (ctx, { major }) => ctx.executeSqlScript('calculate_stats', [major]),
    }),
  },

  jobs: {
    major_stats: { hook: 'calculate_stats', interval: '2s', args: { major: true }, when: 'synchronized' },
  },
})
