// Indexes a recorded chain whose handler queues firings, in a process of its own, so that a test can kill it. Tells its parent
// of everything that happens, so that the moment to kill it can be any.
import * as v from 'valibot'
import { createActor } from 'xstate'
import { hook, pawl, type HookContext } from 'pawl'
import { replay } from 'pawl/replay'
import { CONFIRMATIONS } from './record-chain.ts'

const [database = '', file = ''] = process.argv.slice(2)
const args = { hash: v.string() }

const take = async ({ sql, firing }: HookContext, { hash }: { readonly hash: string }): Promise<void> => {
  await sql`insert into effect (hook, hash, firing) values (${firing.hook}, ${hash}, ${firing.id})`
}

const root = createActor(
  pawl({
    database,
    drainTimeout: 30_000,
    indexes: {
      blocks: {
        datasource: replay({ file, onEnd: () => process.send?.('end') }),
        handler: async (ctx, { hash }) => {
          await ctx.fireHook('atomic', { hash }, { wait: false })
          await ctx.fireHook('confirmed', { hash }, { wait: false, confirmations: CONFIRMATIONS })
          await ctx.fireHook('loose', { hash }, { wait: false, confirmations: CONFIRMATIONS })
          await ctx.fireHook('ordered', { hash }, { wait: false, confirmations: CONFIRMATIONS })
        },
      },
    },
    on_reindex: async ({ sql }) => {
      await sql`
        create table effect (id bigint generated always as identity primary key, hook text, hash text, firing uuid)`
    },
    hooks: {
      atomic: hook({
        args,
        atomic: true,
        blocking: false,
        run: take,
        onReverted: async ({ sql }, { hash }) => {
          await sql`delete from effect where hook = 'atomic' and hash = ${hash}`
        },
      }),
      confirmed: hook({ args, atomic: true, blocking: false, run: take }),
      loose: hook({ args, maxConcurrency: 2, run: take }),
      ordered: hook({ args, run: take }),
    },
  }),
)
root.on('index.progress', () => process.send?.('progress'))
root.on('index.rolledBack', () => process.send?.('rollback'))
root.on('hook.started', () => process.send?.('started'))
root.on('hook.finished', () => process.send?.('finished'))
root.on('hook.failed', ({ error }) => console.error(error))
root.subscribe({
  error: (error) => {
    console.error(error)
    process.exitCode = 1
    process.disconnect()
  },
  complete: () => process.disconnect(),
})
process.on('message', () => root.send({ type: 'STOP' }))
root.start()
