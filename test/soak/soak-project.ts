import * as v from 'valibot'
import { defineConfig, hook, type Datasource } from 'pawl'
import type { SimulatedBlock } from 'pawl/testing'

/** A firing waits for so many levels; deeper reorgs come, so that some are compensated. */
export const CONFIRMATIONS = 2
/** Rows of older levels are deleted by a job, as a project that runs for ever must. */
const KEPT_LEVELS = 500
export const JOB_HISTORY_MINUTES = 10

/** What the soak runs: each kind of hook, over a chain with reorgs. Its jobs come from who runs it. */
export function soakProject(datasource: Datasource<SimulatedBlock>) {
  let flaky = 0
  return defineConfig({
    immuneTables: ['tick'],
    jobHistory: `${JOB_HISTORY_MINUTES}m`,
    indexes: {
      transfers: {
        datasource,
        handler: async (ctx, { level, hash, events }) => {
          for (const { index, from, to, amount } of events) {
            await ctx.sql`insert into transfer values (${level}, ${index}, ${from}, ${to}, ${amount})`
            for (const [name, change] of [
              [from, -amount],
              [to, amount],
            ] as const) {
              await ctx.sql`
                insert into account values (${name}, ${change})
                on conflict (name) do update set balance = account.balance + excluded.balance`
            }
          }
          await ctx.fireHook('announce', { hash }, { wait: false, confirmations: CONFIRMATIONS })
        },
      },
    },
    on_reindex: async ({ sql }) => {
      await sql`create table transfer (
        level int, index int, "from" text, "to" text, amount int, primary key (level, index))`
      await sql`create table account (name text primary key, balance int not null)`
      await sql`create table effect (hash text primary key)`
      await sql`create table tick (name text primary key, count int not null)`
    },
    hooks: {
      announce: hook({
        args: { hash: v.string() },
        atomic: true,
        blocking: false,
        run: async ({ sql }, { hash }) => void (await sql`insert into effect values (${hash})`),
        onReverted: async ({ sql }, { hash }) => void (await sql`delete from effect where hash = ${hash}`),
      }),
      tick: hook({
        args: { name: v.string() },
        run: async ({ sql }, { name }) => {
          await sql`insert into tick values (${name}, 1) on conflict (name) do update set count = tick.count + 1`
        },
      }),
      trim: hook({
        atomic: true,
        run: async ({ sql }) => {
          await sql`delete from transfer where level < (select max(level) from transfer) - ${KEPT_LEVELS}::int`
        },
      }),
      flaky: hook({
        run: () => {
          flaky += 1
          if (flaky % 3 === 0) throw new Error('every third run fails, as it was told')
        },
      }),
      stay: hook({
        run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      }),
    },
  })
}
