import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fireHook, hook } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { startRoot, type RunningRoot } from './running-root.ts'

const messageOf = (error: unknown): string => (error as Error).message

test('fireHook(root, …) in on_restart and on_reindex is refused: each would wait for the other', async (t) => {
  const told: string[] = []
  const fire = async (options?: { readonly wait: false }): Promise<void> => {
    // The root is there when its first await is over.
    const firing = fireHook(run.root as never, 'note' as never, {} as never, options as never)
    await firing.catch((error: unknown) => told.push(messageOf(error)))
  }
  // Its callbacks find it: their first work with the database is later than this.
  const run: RunningRoot = await startRoot(t, {
    hooks: { note: hook({ run: () => void told.push('noted') }) },
    on_reindex: () => fire(),
    on_restart: async (ctx) => {
      await fire()
      await fire({ wait: false })
      await ctx.fireHook('note')
    },
  })
  await run.state('synchronized')
  const refused = (name: string): string =>
    `hook "note" was not fired: fireHook(root, …) in ${name} would wait for the end of ${name}, and that for it`
  assert.deepEqual(told, [refused('on_reindex'), refused('on_restart'), refused('on_restart'), 'noted'])
})

test('what on_restart began with a timer may fire later, as any code outside', async (t) => {
  let later: Promise<void> | undefined
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  // Its callbacks find it: their first work with the database is later than this.
  const run: RunningRoot = await startRoot(t, {
    hooks: { note: hook({ run() {} }) },
    on_restart: () => {
      later = begun.then(() => fireHook(run.root as never, 'note' as never))
    },
  })
  await run.state('synchronized')
  begin()
  await later
})

test('fireHook(root, …) that waits for a lock of the handler that awaits it fails, and does not hang', async (t) => {
  let failure: unknown
  // Its callbacks find it: their first work with the database is later than this.
  const run: RunningRoot = await startRoot(t, {
    on_reindex: async ({ sql }) => {
      await sql`create table account (name text primary key, amount int not null)`
      await sql`insert into account values ('a', 1)`
    },
    hooks: { touch: hook({ run: async ({ sql }) => void (await sql`update account set amount = 2`) }) },
    indexes: {
      blocks: {
        datasource: simulateChain({ seed: 1 }).datasource(),
        handler: async ({ sql }) => {
          await sql`update account set amount = 3`
          failure ??= await fireHook(run.root as never, 'touch' as never).catch((error: unknown) => error)
        },
      },
    },
  })
  await run.state('synchronized')
  assert.match(messageOf(failure), /^hook "touch".* failed: .*lock timeout/)
  assert.match(String((failure as { hint?: string }).hint), /may hold the lock: neither would ever go on/)
})
