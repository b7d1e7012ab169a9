import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CallbackError, CallbackTypeError, fireHook, hook } from 'pawl'
import { simulateChain } from 'pawl/testing'
import type { BaseContext } from '../../src/hooks/context.ts'
import { openHooks } from './hook-runner-fixture.ts'
import { latch } from './latch.ts'
import { startRoot } from './running-root.ts'

const LIMIT = { timeout: 300_000 }

const seed = (ctx: BaseContext, row: number, fails = false): Promise<boolean> =>
  ctx.once('seed', async (sql) => {
    await sql`insert into written values (${row})`
    if (fails) throw new Error('not yet')
  })

describe('ctx.once', { concurrency: true }, () => {
  for (const atomic of [false, true]) {
    test(`runs once a database${atomic ? ', in an atomic hook' : ''}`, LIMIT, async (t) => {
      const told: boolean[] = []
      const { fire, rows } = await openHooks(t, {
        seeds: hook({ atomic, run: async (ctx) => void told.push(await seed(ctx, 1), await seed(ctx, 2)) }),
      })
      await fire('seeds')
      await fire('seeds')
      assert.deepEqual(told, [true, false, false, false])
      assert.deepEqual(await rows(), [1])
    })

    test(`what fails has not run${atomic ? ', in an atomic hook' : ''}`, LIMIT, async (t) => {
      const { fire, rows } = await openHooks(t, {
        seeds: hook({
          atomic,
          run: async (ctx) => {
            await assert.rejects(seed(ctx, 1, true), /not yet/)
            assert.equal(await seed(ctx, 2), true)
          },
        }),
      })
      await fire('seeds')
      assert.deepEqual(await rows(), [2])
    })
  }

  test('goes with the transaction of its callback', LIMIT, async (t) => {
    const { level, rows } = await openHooks(t, {})
    await assert.rejects(
      level(async (ctx) => {
        await seed(ctx, 1)
        throw new Error('the level fails')
      }),
    )
    assert.deepEqual(await rows(), [])
    await level(async (ctx) => assert.equal(await seed(ctx, 2), true))
    assert.deepEqual(await rows(), [2])
  })

  test('others with the same key wait for it, and take over when it fails', LIMIT, async (t) => {
    const [inside, go] = [latch(), latch()]
    const { fire, rows } = await openHooks(t, {
      first: hook({
        run: async (ctx) => {
          await ctx.once('seed', async (sql) => {
            await sql`insert into written values (1)`
            inside.open()
            await go.opened
            throw new Error('not yet')
          })
        },
      }),
      second: hook({ run: async (ctx) => void (await seed(ctx, 2)) }),
    })
    const first = fire('first').catch(() => {})
    await inside.opened
    const others = Promise.all([fire('second'), fire('second'), fire('second')])
    go.open()
    await Promise.all([first, others])
    assert.deepEqual(await rows(), [2])
  })

  test('a key inside the same key does not wait for itself for ever', LIMIT, async (t) => {
    const { fire, level, rows } = await openHooks(t, {
      outer: hook({ run: async (ctx) => void (await ctx.once('seed', () => ctx.fireHook('inner'))) }),
      inner: hook({ run: async (ctx) => void (await seed(ctx, 1)) }),
    })
    const error: unknown = await fire('outer').catch((error: unknown) => error)
    assert.ok(error instanceof CallbackError)
    assert.match(error.message, /lock timeout/)
    await level(async (ctx) => {
      await ctx.once('seed', async () => assert.equal(await seed(ctx, 3), false))
    })
    assert.deepEqual(await rows(), [])
  })

  test('inside sql.begin(…) it is part of that', LIMIT, async (t) => {
    const told: boolean[] = []
    const { fire, rows } = await openHooks(t, {
      seeds: hook({
        run: async (ctx) => {
          const seeding = (row: number, fails: boolean): Promise<void> =>
            ctx.sql.begin(async (sql) => {
              await sql`lock table written`
              told.push(await seed(ctx, row))
              if (fails) throw new Error('all of it')
            })
          await assert.rejects(seeding(1, true), /all of it/)
          await seeding(2, false)
          await ctx.once('outer', async () => void told.push(await seed(ctx, 3)))
        },
      }),
    })
    await fire('seeds')
    assert.deepEqual(told, [true, true, false])
    assert.deepEqual(await rows(), [2])
  })

  test('a key that is none is told', LIMIT, async (t) => {
    const { level } = await openHooks(t, {})
    await level(async (ctx) => {
      for (const key of ['', 'x'.repeat(2_501), 'a\0b', 'a\ud800', 7 as never]) {
        await assert.rejects(
          ctx.once(key, () => {}),
          (error: unknown) =>
            error instanceof CallbackTypeError &&
            error.message.startsWith(
              'the handler of index "transfers" at level 7: the key of ctx.once: expected a text of 1 to 2500 bytes',
            ),
        )
      }
    })
  })
})

test('a level that leaves the chain takes its keys with it; a wipe all, a start none', LIMIT, async (t) => {
  const chain = simulateChain({ seed: 7, length: 6, finality: 30 })
  const config = {
    hooks: { marks: hook({ run: async (ctx) => void (await ctx.once('marked', (sql) => sql`select 1`)) }) },
    on_reindex: async ({ sql }: BaseContext) => void (await sql`create table seen (hash text primary key)`),
    indexes: {
      blocks: {
        datasource: chain.datasource(),
        handler: async (ctx: BaseContext, { level, hash }: { level: number; hash: string }) => {
          const key = `level ${level}`
          await ctx.once(key, (sql) => sql`insert into seen values (${hash})`)
        },
      },
    },
  }
  const { root, sql, url, event, state, stop } = await startRoot(t, config as never)
  const seen = async () => (await sql`select hash from seen`).map(({ hash }) => hash as string)
  const keys = async () => (await sql`select key from pawl.once`).map(({ key }) => key as string)
  const expected = () => Array.from({ length: chain.head.level + 1 }, (_, level) => chain.block(level)?.hash)
  await state('synchronized')
  await fireHook(root as never, 'marks' as never)
  chain.reorg(3, 4)
  await event('index.progress', ({ hash }) => hash === chain.head.hash)
  assert.deepEqual((await seen()).toSorted(), expected().toSorted())
  assert.equal((await keys()).includes('marked'), true)
  await stop()

  const next = await startRoot(t, config as never, { url })
  await next.state('synchronized')
  assert.equal((await keys()).includes('marked'), true)
  next.root.send({ type: 'REINDEX' })
  const reindexing = await next.event('reindex')
  await next.event(
    'index.progress',
    (event) => next.events.indexOf(event) > next.events.indexOf(reindexing) && event.hash === chain.head.hash,
  )
  await next.stop()
  assert.deepEqual((await seen()).toSorted(), expected().toSorted())
  assert.equal((await keys()).includes('marked'), false)
})
