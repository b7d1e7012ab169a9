import * as v from 'valibot'
import { defineConfig, hook } from 'pawl'
import { simulateChain, type SimulatedChain } from 'pawl/testing'

/** What the databases in `layouts/` were made by: something in each of Pawl's own tables. Changed, they would have to be made anew. */
export function storedProject(database: string, chain: SimulatedChain) {
  return defineConfig({
    database,
    immuneTables: ['seen'],
    schemaVersion: 1,
    on_restart: async (ctx) => {
      await ctx.once('seed', (sql) => sql`insert into seen values ('seeded')`)
    },
    on_reindex: async ({ sql }) => {
      await sql`create table if not exists seen (what text)`
      await sql`create table account (id bigint generated always as identity primary key, name text unique, balance numeric not null)`
      await sql`create table transfer (level int, index int, account bigint references account, primary key (level, index))`
    },
    indexes: {
      transfers: {
        datasource: chain.datasource(),
        handler: async (ctx, { level, hash, events }) => {
          for (const { index, to, amount } of events) {
            const [account] = await ctx.sql`
              insert into account (name, balance) values (${to}, ${amount})
              on conflict (name) do update set balance = account.balance + excluded.balance returning id`
            await ctx.sql`insert into transfer values (${level}, ${index}, ${account?.['id'] as bigint})`
          }
          await ctx.fireHook('announce', { hash }, { wait: false, confirmations: 3, key: hash })
        },
      },
    },
    hooks: {
      announce: hook({
        args: { hash: v.string() },
        atomic: true,
        run: async ({ sql }, { hash }) => void (await sql`insert into seen values (${hash})`),
        onReverted: async ({ sql }, { hash }) => void (await sql`delete from seen where what = ${hash}`),
      }),
      tick: hook({ run: () => {} }),
    },
    jobs: { daily: { hook: 'tick', interval: '1d' }, hourly: { hook: 'tick', crontab: '0 * * * *' } },
  })
}

/** The chain that those databases stand at: a reorg has been undone. */
export function storedChain(): SimulatedChain {
  const chain = simulateChain({ seed: 'stored', length: 40, finality: 20 })
  chain.reorg(3, 5)
  return chain
}
