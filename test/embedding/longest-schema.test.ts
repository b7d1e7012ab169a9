import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fireHook, hook } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { startRoot } from '../hooks/running-root.ts'

// Tables, functions, triggers and channels are named by it.
test(
  'the longest name of a schema is short enough for all that is made of it',
  { timeout: 60_000 },
  async (t) => {
    const schema = `"É${'s'.repeat(45)}`
    assert.equal(Buffer.byteLength(schema), 48)
    const chain = simulateChain({ seed: 7, length: 5, finality: 30 })
    const { root, sql, event, state } = await startRoot(t, {
      schema,
      on_reindex: async (ctx) => void (await ctx.sql`create table seen (level int primary key, hash text)`),
      hooks: { one: hook({ run: () => {} }), several: hook({ maxConcurrency: 2, run: () => {} }) },
      indexes: {
        blocks: {
          datasource: chain.datasource(),
          handler: async (ctx, { level, hash }) =>
            void (await ctx.sql`insert into seen values (${level}, ${hash})`),
        },
      },
    })
    await state('synchronized')
    for (const name of ['one', 'several']) {
      await fireHook(root as never, name as never, {} as never, { wait: false } as never)
      await event('hook.finished', (finished) => finished.hook === name)
    }
    chain.reorg(2, 3)
    await event('index.progress', ({ hash }) => hash === chain.head.hash)
    const rows = await sql`select level, hash from ${sql(schema)}.seen order by level`
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      Array.from({ length: chain.head.level + 1 }, (_, level) => ({ level, hash: chain.block(level)?.hash })),
    )
  },
)
