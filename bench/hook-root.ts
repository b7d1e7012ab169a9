import * as v from 'valibot'
import { createActor } from 'xstate'
import { hook, pawl, type PawlEvent, type HookContext } from 'pawl'

const args = { n: v.number() }
const write = async ({ sql }: HookContext, { n }: { readonly n: number }): Promise<void> => {
  await sql`insert into effect (n) values (${n})`
}

/** What a hook of some statements does, awaited. */
export async function writeRows(sql: Pick<HookContext, 'sql'>['sql'], count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await sql`insert into effect (n) values (${n})`
}

/** Hooks whose body is one insert, atomic or not, at several concurrencies; `fill` queues many of one. */
export const HOOKS = {
  atomic_1: hook({ args, atomic: true, run: write }),
  atomic_4: hook({ args, atomic: true, maxConcurrency: 4, run: write }),
  atomic_10: hook({ args, atomic: true, maxConcurrency: 10, run: write }),
  loose_1: hook({ args, run: write }),
  loose_4: hook({ args, maxConcurrency: 4, run: write }),
  loose_10: hook({ args, maxConcurrency: 10, run: write }),
  rows: hook({ args, atomic: true, run: ({ sql }, { n }) => writeRows(sql, n) }),
  fill: hook({
    args: { hook: v.string(), count: v.number() },
    atomic: true,
    run: async (ctx, { hook: name, count }) => {
      for (let n = 0; n < count; n += 1) await ctx.fireHook(name, { n }, { wait: false })
    },
  }),
}

/** A root without indexes on this database, once it takes firings. */
export async function startRoot(database: string) {
  const root = createActor(
    pawl({
      database,
      hooks: HOOKS,
      on_reindex: async ({ sql }) => {
        await sql`create table effect (id bigint generated always as identity primary key, n int)`
      },
    }),
  )
  const synchronized = new Promise<void>((resolve, reject) => {
    root.on('lifecycle', ({ state }) => void (state === 'synchronized' && resolve()))
    root.subscribe({ error: reject })
  })
  root.start()
  await synchronized
  const stop = (): Promise<void> =>
    new Promise((resolve, reject) => {
      root.subscribe({ complete: resolve, error: reject })
      root.send({ type: 'STOP' })
    })
  /** Resolves when so many firings of a hook have finished from now on. */
  const finished = (name: string, count: number): Promise<void> =>
    new Promise((resolve) => {
      let left = count
      const listening = root.on('hook.finished', (event: Extract<PawlEvent, { type: 'hook.finished' }>) => {
        if (event.hook !== name || --left > 0) return
        listening.unsubscribe()
        resolve()
      })
    })
  return { root, stop, finished }
}
