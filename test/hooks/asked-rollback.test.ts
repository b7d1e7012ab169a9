import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { CallbackError, RollbackError, type HookContext } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { startRoot } from './running-root.ts'

type Callback = (ctx: HookContext, index: string, fromLevel: number, toLevel: number) => Promise<void> | void

/** A root that has indexed levels 0 to 9, whose chain then loses its last three. */
async function reorg(t: TestContext, callback: Callback) {
  const chain = simulateChain({ seed: 5, length: 10 })
  const running = await startRoot(t, {
    indexes: {
      blocks: {
        datasource: chain.datasource(),
        handler: async (ctx, { level, hash }) =>
          void (await ctx.sql`insert into block_seen values (${level}, ${hash})`),
      },
    },
    on_reindex: async (ctx) =>
      void (await ctx.sql`create table block_seen (level int primary key, hash text not null)`),
    on_index_rollback: callback,
  })
  await running.state('synchronized')
  const before = chain.canonical().map(({ hash }) => hash)
  chain.reorg(3, 4)
  return {
    ...running,
    before,
    after: chain.canonical().map(({ hash }) => hash),
    hashes: async () =>
      (await running.sql<{ hash: string }[]>`select hash from block_seen order by level`).map(
        ({ hash }) => hash,
      ),
    rollbacks: () => running.events.filter(({ type }) => type === 'index.rolledBack').length,
    /** Resolves when the chain's new head is indexed. */
    followed: () => running.event('index.progress', ({ hash }) => hash === chain.head.hash),
    error: () => running.root.getSnapshot().error,
  }
}

describe('on_index_rollback', { concurrency: 3, timeout: 300_000 }, () => {
  for (const [what, callback] of [
    ['that awaits ctx.rollback', (ctx, ...range) => ctx.rollback(...range)],
    ['that calls it and does not await it', (ctx, ...range) => void ctx.rollback(...range)],
    [
      'that calls it twice',
      async (ctx, ...range) => {
        await Promise.all([ctx.rollback(...range), ctx.rollback(...range)])
        await ctx.rollback(...range)
      },
    ],
    [
      'that first calls it for other levels, and catches the error',
      async (ctx, index, fromLevel, toLevel) => {
        await assert.rejects(ctx.rollback(index, fromLevel, toLevel - 1), RollbackError)
        await ctx.rollback(index, fromLevel, toLevel)
      },
    ],
  ] as const satisfies readonly (readonly [string, Callback])[]) {
    test(`${what} has the levels undone, once`, async (t) => {
      const { followed, hashes, rollbacks, after, stop, events } = await reorg(t, callback)
      await followed()
      assert.deepEqual(await hashes(), after)
      assert.equal(rollbacks(), 1)
      assert.equal(
        events.some(({ type }) => type === 'hook.failed'),
        false,
      )
      assert.equal(await stop(), 'done')
    })
  }

  for (const [what, callback, type, message] of [
    [
      'returns without it',
      () => {},
      CallbackError,
      /^on_index_rollback returned without calling ctx\.rollback$/,
    ],
    [
      'calls it for other levels',
      (ctx, index, fromLevel, toLevel) => ctx.rollback(index, fromLevel, toLevel + 1),
      RollbackError,
      /^on_index_rollback called ctx\.rollback\("blocks", 9, 7\), but was itself called for "blocks", 9, 6$/,
    ],
    [
      'calls it for another index',
      (ctx, _, fromLevel, toLevel) => ctx.rollback('other', fromLevel, toLevel),
      RollbackError,
      /^on_index_rollback called ctx\.rollback\("other", 9, 6\)/,
    ],
    [
      'calls it for levels that are none',
      (ctx, index) => ctx.rollback(index, Number.NaN, undefined as never),
      RollbackError,
      /^on_index_rollback called ctx\.rollback\("blocks", NaN, undefined\)/,
    ],
    [
      'calls it for other levels and does not await it',
      (ctx, index) => void ctx.rollback(index, 1, 0),
      CallbackError,
      /returned without calling ctx\.rollback/,
    ],
    [
      'calls it with too few levels',
      (ctx, ...range) => (ctx.rollback as (...few: unknown[]) => Promise<void>)(...range.slice(0, 1)),
      RollbackError,
      /^on_index_rollback called ctx\.rollback\("blocks"\), but/,
    ],
    [
      'swallows the error of other levels',
      (ctx, index) => ctx.rollback(index, 1, 0).catch(() => {}),
      CallbackError,
      /returned without calling ctx\.rollback/,
    ],
    [
      'throws before it',
      () => {
        throw new Error('mine')
      },
      CallbackError,
      /^on_index_rollback failed: mine \(at .*asked-rollback\.test/,
    ],
  ] as const satisfies readonly (readonly [string, Callback, unknown, RegExp])[]) {
    test(`that ${what} fails the root, and undoes nothing`, async (t) => {
      const { ended, error, hashes, rollbacks, before } = await reorg(t, callback)
      assert.equal(await ended, 'error')
      const found = error()
      assert.ok(found instanceof type, String(found))
      assert.match(found.message, message)
      assert.equal(rollbacks(), 0)
      assert.deepEqual(await hashes(), before)
    })
  }

  test('that throws after it fails the root, and the levels stay undone', async (t) => {
    const { ended, error, hashes, rollbacks, before } = await reorg(t, async (ctx, ...range) => {
      await ctx.rollback(...range)
      throw new Error('mine')
    })
    assert.equal(await ended, 'error')
    assert.match((error() as Error).message, /^on_index_rollback failed: mine/)
    assert.equal(rollbacks(), 1)
    assert.deepEqual(await hashes(), before.slice(0, 7))
  })

  test('that throws while a rollback that it did not await runs leaves none half done', async (t) => {
    const { ended, hashes, rollbacks, before } = await reorg(t, async (ctx, ...range) => {
      void ctx.rollback(...range)
      throw new Error('mine')
    })
    assert.equal(await ended, 'error')
    assert.deepEqual(await hashes(), before.slice(0, 7))
    assert.equal(rollbacks(), 1)
  })
})

test('no other hook may roll back', async (t) => {
  const { root, ended } = await startRoot(t, { on_restart: (ctx) => ctx.rollback('blocks', 2, 1) })
  assert.equal(await ended, 'error')
  const error = root.getSnapshot().error as Error
  assert.ok(error instanceof RollbackError)
  assert.match(error.message, /^hook "on_restart" called ctx\.rollback, which only on_index_rollback may$/)
})
