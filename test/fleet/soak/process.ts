// One process of a fleet: `process.js <url> <roles> <file of the chain> <firings a level> <levels a second> [graphile-worker]`.
// Started, and killed, by run-fleet.ts. All of them have the same config.
import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { createActor } from 'xstate'
import { hook, pawl, type HandlerContext, type HookContext, type Role } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'
import { replay } from 'pawl/replay'
import { CONFIRMATIONS } from '../../e2e/durable/record-chain.ts'

const [database = '', roles = '', file = '', perLevel = '4', pace = '1000', executor] = process.argv.slice(2)
const args = { hash: v.string(), level: v.number(), n: v.number() }
type Args = { readonly hash: string; readonly level: number; readonly n: number }

const note = async ({ sql, firing }: HookContext, { hash, level, n }: Args): Promise<void> => {
  await sql`
    insert into effect (hook, hash, level, n, firing, attempt)
    values (${firing.hook}, ${hash}, ${level}, ${n}, ${firing.id}, ${firing.attempt})`
}
const undo = async ({ sql, firing }: HookContext, { hash, n }: Args): Promise<void> => {
  await sql`delete from effect where hook = ${firing.hook} and hash = ${hash} and n = ${n}`
}

const HOOKS = ['ordered', 'spread', 'confirmed', 'loose'] as const

const fire = async (
  ctx: HandlerContext,
  { hash, level }: { readonly hash: string; readonly level: number },
) => {
  for (let n = 0; n < Number(perLevel); n += 1) {
    const name = HOOKS[n % HOOKS.length] ?? 'ordered'
    const deep = name === 'confirmed' || name === 'loose' ? { confirmations: CONFIRMATIONS } : {}
    await ctx.fireHook(name, { hash, level, n }, { wait: false, ...deep })
  }
  await sleep(1_000 / Number(pace))
}

const root = createActor(
  pawl({
    database,
    roles: roles.split(',') as Role[],
    drainTimeout: 30_000,
    ...(executor === 'graphile-worker' ? { executor: graphileWorker() } : {}),
    immuneTables: ['tick', 'tock'],
    indexes: {
      blocks: { datasource: replay({ file, onEnd: () => process.send?.('end') }), handler: fire },
    },
    on_reindex: async ({ sql }) => {
      await sql`
        create table effect (id bigint generated always as identity primary key, hook text, hash text, level int, n int,
          firing text, attempt int)`
      await sql`create table tick (firing text)`
      await sql`create table tock (fire_time timestamptz)`
    },
    hooks: {
      ordered: hook({ args, atomic: true, blocking: false, run: note, onReverted: undo }),
      spread: hook({ args, atomic: true, blocking: false, maxConcurrency: 8, run: note, onReverted: undo }),
      confirmed: hook({ args, atomic: true, blocking: false, maxConcurrency: 4, run: note }),
      loose: hook({ args, maxConcurrency: 8, retry: { attempts: 100, delay: 0.1 }, run: note }),
      tick: hook({
        atomic: true,
        blocking: false,
        run: async ({ sql, firing }) => void (await sql`insert into tick values (${firing.id})`),
      }),
      tock: hook({
        run: async ({ sql, firing: { origin } }) => {
          if (origin.type === 'job') await sql`insert into tock values (${origin.fireTime ?? null})`
        },
      }),
    },
    jobs: {
      tick: { hook: 'tick', interval: 1, coalesce: false, wait: false },
      tock: { hook: 'tock', interval: 1, coalesce: false },
    },
  }),
)
root.on('lifecycle', ({ state }) => process.send?.(state))
root.on('hook.dead', ({ error }) => console.error(error))
root.subscribe({
  error: (error) => {
    console.error(error)
    process.exitCode = 1
    process.disconnect()
  },
  complete: () => process.disconnect(),
})
process.on('message', () => root.send({ type: 'STOP' }))
// Whoever started it is gone.
process.on('disconnect', () => setTimeout(() => process.exit(), 40_000).unref())
root.start()
