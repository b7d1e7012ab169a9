import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CallbackError, hook, TransactionOverError } from 'pawl'
import type { BaseContext } from '../../src/hooks/context.ts'
import { LightSignal } from '../../src/light-signal.ts'
import { openHooks } from './hook-runner-fixture.ts'
import { latch } from './latch.ts'

class Wanted extends Error {}

const write = (ctx: BaseContext, row: number) => ctx.sql`insert into written values (${row})`

describe('a hook that would wait for a lock of who awaits it', { concurrency: true }, () => {
  const touch = (ctx: BaseContext) => ctx.sql`update written set row = 3 where row = 1`
  const hooks = {
    'a hook that is not atomic': hook({ run: async (ctx) => void (await touch(ctx)) }),
    'a transaction of such a hook': hook({
      run: (ctx) => ctx.sql.begin(async (sql) => void (await sql`update written set row = 3 where row = 1`)),
    }),
    'an atomic hook that such a hook fires': hook({ run: (ctx) => ctx.fireHook('atomic_one') }),
    atomic_one: hook({ atomic: true, run: async (ctx) => void (await touch(ctx)) }),
  }
  for (const name of Object.keys(hooks).slice(0, 3)) {
    test(`${name} fails and says why`, { timeout: 300_000 }, async (t) => {
      const { level, rows, database } = await openHooks(t, hooks)
      await database.sql`insert into written values (1)`
      let told: unknown
      await level(async (ctx) => {
        await ctx.sql`update written set row = 2 where row = 1`
        told = await ctx.fireHook(name).catch((error: unknown) => error)
      })
      assert.ok(told instanceof CallbackError)
      assert.match(
        told.message,
        /^hook "[^"]+", fired by .*, failed: canceling statement due to lock timeout/,
      )
      assert.match(
        told.hint ?? '',
        /^A transaction that awaits this hook may hold the lock.*Make the hook atomic/,
      )
      assert.deepEqual(await rows(), [2])
    })
  }

  test('one that is fired inside sql.begin, outside a level, fails, too, and holds up no level', async (t) => {
    const { fire, gate, rows } = await openHooks(t, {
      ...hooks,
      begins: hook({
        run: (ctx) =>
          ctx.sql.begin(async (sql) => {
            await sql`insert into written values (1)`
            const wanted = ctx.fireHook('writes_one').catch((error: unknown) => error)
            await gate.level(async () => {})
            told = await wanted
          }),
      }),
      writes_one: hook({ atomic: true, run: async (ctx) => void (await write(ctx, 1)) }),
    })
    let told: unknown
    await fire('begins')
    assert.ok(told instanceof CallbackError)
    assert.match(told.message, /lock timeout/)
    assert.deepEqual(await rows(), [1])
  })

  test('an atomic one has it, for it joins', async (t) => {
    const { level, rows, database } = await openHooks(t, hooks)
    await database.sql`insert into written values (1)`
    await level(async (ctx) => {
      await ctx.sql`update written set row = 4 where row = 1`
      await ctx.sql`update written set row = 1 where row = 4`
      await ctx.fireHook('atomic_one')
    })
    assert.deepEqual(await rows(), [3])
  })
})

describe('levels and atomic hooks', () => {
  const hooks = {
    blocking: hook({ atomic: true, run: async (ctx) => void (await write(ctx, 1)) }),
    other: hook({ atomic: true, blocking: false, run: async (ctx) => void (await write(ctx, 2)) }),
  }

  test('one waits until no level runs, and holds up those that come later', async (t) => {
    const order: string[] = []
    const run = async (ctx: BaseContext): Promise<void> => {
      await write(ctx, 1)
      order.push('hook')
    }
    const { fire, level, rows, events, gate } = await openHooks(t, {
      ...hooks,
      blocking: hook({ atomic: true, run }),
    })
    const running = [latch(), latch()]
    const levels = running.map(({ opened }, at) =>
      level(async () => {
        await opened
        order.push(`level ${at}`)
      }),
    )
    const fired = fire('blocking')
    while (!gate.contended) await new Promise((resolve) => setImmediate(resolve))
    const later = level(() => void order.push('later'))
    await fire('other').then(() => void order.push('not blocking'))
    running[1]?.open()
    await levels[1]
    assert.deepEqual(order, ['not blocking', 'level 1'])
    assert.deepEqual(await rows(), [2])
    running[0]?.open()
    await Promise.all([fired, later, ...levels])
    assert.deepEqual(order, ['not blocking', 'level 1', 'level 0', 'hook', 'later'])
    assert.deepEqual(await rows(), [1, 2])
    assert.equal(events.filter(({ type }) => type === 'hook.finished').length, 2)
  })

  test('one that is stopped while it waits never runs, and holds nobody up', async (t) => {
    const stop = new LightSignal()
    const { fire, level, rows, gate } = await openHooks(t, hooks, { track: (_, work) => work(stop) })
    const { opened, open } = latch()
    const running = level(() => opened)
    const fired = fire('blocking')
    while (!gate.contended) await new Promise((resolve) => setImmediate(resolve))
    const later = level(() => {})
    stop.abort(new Wanted('stop'))
    await assert.rejects(fired, CallbackError)
    await later
    open()
    await running
    assert.deepEqual(await rows(), [])
  })

  test(
    'one that a hook beside a handler fires does not wait for that level',
    { timeout: 5_000 },
    async (t) => {
      const { level, rows } = await openHooks(t, {
        ...hooks,
        beside: hook({ run: (ctx) => ctx.fireHook('blocking') }),
      })
      await level((ctx) => ctx.fireHook('beside'))
      assert.deepEqual(await rows(), [1])
    },
  )
})

describe('a context whose callback has ended', () => {
  for (const atomic of [true, false]) {
    test(`refuses what comes later (${atomic ? 'atomic' : 'not atomic'})`, async (t) => {
      let kept: BaseContext | undefined
      const { fire, rows, events } = await openHooks(t, {
        other: hook({ atomic: true, run: () => {} }),
        leaky: hook({ atomic, run: (ctx) => void (kept = ctx) }),
      })
      await fire('leaky')
      assert.ok(kept)
      const ctx = kept
      const late = /^hook "leaky" has ended, but its context was still used: .* came too late$/
      for (const use of [
        () => ctx.fireHook('other'),
        () => ctx.executeSqlScript('any'),
        () => ctx.executeSqlQuery('any'),
      ]) {
        await assert.rejects(
          use,
          (error: Error) => error instanceof CallbackError && late.test(error.message),
        )
      }
      assert.equal(events.filter(({ type }) => type === 'hook.started').length, 1)
      if (!atomic) return
      await assert.rejects(write(ctx, 1), TransactionOverError)
      await assert.rejects(
        ctx.sql.begin((sql) => sql`select 1`),
        TransactionOverError,
      )
      assert.deepEqual(await rows(), [])
    })
  }
})

for (const how of ['a statement', 'another sql.begin'] as const) {
  test(`${how} of ctx.sql that waits for the sql.begin around it fails, with what to do`, async (t) => {
    const hooks = {
      waits: hook({
        atomic: false,
        run: ({ sql }) =>
          sql.begin(async (inner) => {
            await inner`insert into written values (1)`
            if (how === 'a statement') await sql`insert into written values (1)`
            else await sql.begin((other) => other`insert into written values (1)`.execute())
          }),
      }),
    }
    const { fire, rows } = await openHooks(t, hooks)
    await assert.rejects(fire('waits'), (error) => {
      assert.ok(error instanceof CallbackError)
      assert.match(error.message, /lock timeout, in: insert into written/)
      assert.match(error.hint ?? '', /Use the sql that it passes/)
      return true
    })
    assert.deepEqual(await rows(), [])
  })
}
