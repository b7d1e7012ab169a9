import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fireHook, hook, type Config } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { createRoot, on_reindex, startRoot } from './running-root.ts'

const LIMIT = { timeout: 300_000 }

const HOOKS = {
  restart: hook({ run: (ctx) => ctx.restart() }),
  reindex: hook({ run: (ctx) => ctx.reindex() }),
  reindex_and_fail: hook({
    atomic: true,
    run: (ctx) => {
      ctx.reindex()
      throw new Error('anyway')
    },
  }),
}

const indexes = (): NonNullable<Config['indexes']> => ({
  blocks: {
    datasource: simulateChain({ seed: 1, length: 10 }).datasource(),
    handler: async ({ sql }, { level }) => void (await sql`insert into note (n) values (${level})`),
  },
})

const RESTARTED = [
  '● restart',
  'on_restart starts',
  'on_restart finished',
  '● syncing',
  '● synchronized',
  'on_synchronized starts',
  'on_synchronized finished',
]
const REINDEXED = ['● reindex', 'reindex: manual', 'on_reindex starts', 'on_reindex finished', ...RESTARTED]

for (const [name, expected] of [
  ['restart', RESTARTED],
  ['reindex', REINDEXED],
  ['reindex_and_fail', REINDEXED],
] as const) {
  test(`ctx of a hook: ${name}`, LIMIT, async (t) => {
    const { root, sql, emitted } = await startRoot(t, { hooks: HOOKS, indexes: indexes() })
    const before = emitted.story().length
    await fireHook(root as never, name as never).catch(() => {})
    await emitted.synchronized()
    assert.deepEqual(emitted.story().slice(before), expected)
    const [row] = await sql`select count(*)::int from note`
    assert.deepEqual(row, { count: 10 })
  })
}

test('RESTART, sent to the root', LIMIT, async (t) => {
  const { root, emitted } = await startRoot(t, { hooks: HOOKS, indexes: indexes() })
  const before = emitted.story().length
  root.send({ type: 'RESTART' })
  await emitted.synchronized()
  assert.deepEqual(emitted.story().slice(before), RESTARTED)
})

test(
  'a handler that asks for a reindex ends its level first, and a handler that restarts, too',
  LIMIT,
  async (t) => {
    const asked: string[] = []
    const { sql, emitted, start } = await createRoot(t, {
      immuneTables: ['level_done'],
      on_reindex: async (ctx) => {
        await on_reindex(ctx)
        await ctx.sql`create table if not exists level_done (level int, how text)`
      },
      indexes: {
        blocks: {
          datasource: simulateChain({ seed: 1, length: 10 }).datasource(),
          handler: async (ctx, { level }) => {
            const how = level === 3 ? 'reindex' : level === 6 ? 'restart' : undefined
            if (how !== undefined && !asked.includes(how)) {
              asked.push(how)
              ctx[how]()
              await ctx.sql`insert into level_done values (${level}, ${how})`
            }
            await ctx.sql`insert into note (n) values (${level})`
          },
        },
      },
    })
    start()
    await emitted.synchronized()
    assert.deepEqual(
      emitted.story().filter((line) => line.startsWith('on_re') && line.endsWith('starts')),
      [
        'on_reindex starts',
        'on_restart starts',
        'on_reindex starts',
        'on_restart starts',
        'on_restart starts',
      ],
    )
    const [row] = await sql`select count(*)::int, min(n)::int, max(n)::int from note`
    assert.deepEqual(row, { count: 10, min: 0, max: 9 })
    const done = await sql`select how from level_done`
    assert.deepEqual(
      done.map(({ how }) => how as string),
      ['reindex', 'restart'],
    )
  },
)
