import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { CallbackError, hook, TransactionAbortedError } from 'pawl'
import type { BaseContext } from '../../src/hooks/context.ts'
import { openHooks } from './hook-runner-fixture.ts'
import { latch } from './latch.ts'
import { finalRows, hookTree, survivors, type HookNode, type HookStep } from './hook-tree.ts'

const RUNS = Number(process.env['PAWL_RUNS'] ?? 60)

class Wanted extends Error {}

const write = (ctx: BaseContext, row: number) => ctx.sql`insert into written values (${row})`

/** Two hooks that stand for any: each runs the node it is given. */
const node = v.custom<HookNode>((value) => typeof value === 'object')
const ANY = {
  atomic: hook({ args: { node }, atomic: true, run: (ctx, args) => play(ctx, args.node) }),
  plain: hook({ args: { node }, run: (ctx, args) => play(ctx, args.node) }),
}

async function play(ctx: BaseContext, { steps, throws }: HookNode): Promise<void> {
  for (const step of steps) await take(ctx, step)
  if (throws) throw new Wanted('mine')
}

async function take(ctx: BaseContext, step: HookStep): Promise<void> {
  if (step.type === 'write') {
    await write(ctx, step.row)
    return
  }
  if (step.type === 'stumble') {
    await assert.rejects(
      ctx.sql.begin(async (sql) => {
        await sql`insert into written values (${step.row})`
        await sql`select 1 / 0`
      }),
      /division by zero/,
    )
    return
  }
  const firings = step.nodes.map((child) => ctx.fireHook(child.atomic ? 'atomic' : 'plain', { node: child }))
  const failed = (await Promise.allSettled(firings)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected' && !step.caught) throw failed.reason
}

test('any tree of hooks leaves the rows of what committed, and no other', async (t) => {
  const { fire, level, rows, database } = await openHooks(t, ANY)
  await fc.assert(
    fc.asyncProperty(hookTree, fc.boolean(), async (tree, inHandler) => {
      await database.sql`truncate written`
      const root = inHandler ? { ...tree, atomic: true } : tree
      const run = inHandler
        ? level((ctx) => play(ctx, root))
        : fire(root.atomic ? 'atomic' : 'plain', { node: root })
      const outcome = await run.then(
        () => undefined,
        (error: unknown) => error,
      )
      assert.deepEqual(await rows(), finalRows(root))
      assert.equal(outcome === undefined, survivors(root).ok)
      if (outcome === undefined) return
      assert.ok(outcome instanceof CallbackError)
      let cause: unknown = outcome
      while (cause instanceof CallbackError) cause = cause.cause
      assert.ok(cause instanceof Wanted)
    }),
    { numRuns: RUNS },
  )
})

test('twelve hooks deep, each in a transaction of its own', { timeout: 300_000 }, async (t) => {
  const { fire, rows } = await openHooks(t, ANY)
  let tree: HookNode = { atomic: true, throws: false, steps: [] }
  for (let row = 24; row > 0; row -= 1) {
    const below: HookStep = { type: 'fire', nodes: [tree], caught: false }
    tree = { atomic: row % 2 === 1, throws: false, steps: [{ type: 'write', row }, below] }
  }
  await fire('atomic', { node: tree })
  assert.deepEqual(
    await rows(),
    Array.from({ length: 24 }, (_, at) => at + 1),
  )
})

test(
  'many handlers at a time, each awaiting a transaction beside its own',
  { timeout: 300_000 },
  async (t) => {
    let waiting = 0
    let all = (): void => {}
    const together = new Promise<void>((resolve) => (all = resolve))
    const { level, rows } = await openHooks(t, {
      beside: hook({
        args: { row: v.number() },
        run: async (ctx, { row }) => {
          waiting += 1
          if (waiting === 8) all()
          await together
          await ctx.sql.begin((sql) => sql`insert into written values (${row})`)
        },
      }),
    })
    await Promise.all(Array.from({ length: 8 }, (_, row) => level((ctx) => ctx.fireHook('beside', { row }))))
    assert.equal((await rows()).length, 8)
  },
)

describe('a firing that its callback does not await', () => {
  test('joins the transaction, which commits only when it has ended', async (t) => {
    const { level, rows, events } = await openHooks(t, ANY)
    await level(async (ctx) => {
      void ctx.fireHook('atomic', {
        node: {
          atomic: true,
          throws: false,
          steps: [
            { type: 'write', row: 1 },
            { type: 'write', row: 2 },
          ],
        },
      })
      await write(ctx, 3)
    })
    assert.deepEqual(await rows(), [1, 2, 3])
    assert.equal(events.at(-1)?.type, 'hook.finished')
  })

  test('takes with it what it wrote when it fails, and nothing else; its event tells of it', async (t) => {
    const { level, rows, events } = await openHooks(t, ANY)
    await level(async (ctx) => {
      await write(ctx, 3)
      void ctx.fireHook('atomic', {
        node: { atomic: true, throws: true, steps: [{ type: 'write', row: 1 }] },
      })
    })
    assert.deepEqual(await rows(), [3])
    const last = events.at(-1)
    assert.ok(last?.type === 'hook.failed' && last.error instanceof CallbackError)
  })

  for (const atomic of [false, true]) {
    test(`is queued with the sql.begin(…) that it was fired in, ${atomic ? '' : 'not '}atomic`, async (t) => {
      const { fire, database } = await openHooks(t, {
        ...ANY,
        note: hook({ args: { text: v.string() }, run: () => {} }),
        outer: hook({
          atomic,
          run: async (ctx) => {
            const noting = (text: string, fails: boolean): Promise<void> =>
              ctx.sql.begin(async (sql) => {
                await sql`select 1`
                void ctx.fireHook('note', { text }, { wait: false })
                if (fails) throw new Wanted('mine')
              })
            await assert.rejects(noting('undone', true), Wanted)
            await noting('kept', false)
          },
        }),
      })
      await fire('outer')
      const queued = await database.sql<{ text: string }[]>`select args->>'text' as text from pawl.firing`
      assert.deepEqual(
        queued.map(({ text }) => text),
        ['kept'],
      )
    })
  }

  test('and is refused is told of, though nobody waits for it', async (t) => {
    const { level, events } = await openHooks(t, {
      note: hook({ args: { text: v.string() }, run: () => {} }),
    })
    await level((ctx) => {
      void ctx.fireHook('note', { text: 7 }, { wait: false })
      void ctx.fireHook('nobody', {}, { wait: false })
    })
    const told = events.map((event) =>
      event.type === 'hook.failed' ? (event.error as Error).name : event.type,
    )
    assert.deepEqual(told.toSorted(), ['CallbackTypeError', 'UnknownHookError'])
  })

  test('goes on by itself where it is not atomic: nobody waits, and it may be slow', async (t) => {
    const { opened, open } = latch()
    const ended = latch()
    const { level, rows } = await openHooks(t, {
      slow: hook({
        run: async (ctx) => {
          await opened
          await write(ctx, 1)
          ended.open()
        },
      }),
    })
    await level((ctx) => void ctx.fireHook('slow'))
    assert.deepEqual(await rows(), [])
    open()
    await ended.opened
    assert.deepEqual(await rows(), [1])
  })
})

describe('an atomic hook fired inside sql.begin', { timeout: 300_000 }, () => {
  test('joins it, and goes with it', async (t) => {
    const { level, rows } = await openHooks(t, ANY)
    const child = (row: number) => ({
      node: { atomic: true, throws: false, steps: [{ type: 'write' as const, row }] },
    })
    await level(async (ctx) => {
      await ctx.sql.begin(async (sql) => {
        await sql`insert into written values (1)`
        await ctx.fireHook('atomic', child(2))
        await ctx.sql.begin(() => ctx.fireHook('atomic', child(3)))
      })
      const undone = ctx.sql.begin(async (sql) => {
        await sql`insert into written values (4)`
        await ctx.fireHook('atomic', child(5))
        throw new Wanted('mine')
      })
      await assert.rejects(undone, Wanted)
      await ctx.fireHook('atomic', child(6))
    })
    assert.deepEqual(await rows(), [1, 2, 3, 6])
  })

  test('sees what that wrote, and waits for none of its locks', async (t) => {
    const { level, rows } = await openHooks(t, {
      touches: hook({
        atomic: true,
        run: async (ctx) => void (await ctx.sql`update written set row = row + 1`),
      }),
    })
    await level((ctx) =>
      ctx.sql.begin(async (sql) => {
        await sql`insert into written values (1)`
        await ctx.fireHook('touches')
      }),
    )
    assert.deepEqual(await rows(), [2])
  })
})

test('two hooks that join one transaction at a time run one after the other', async (t) => {
  const order: string[] = []
  const { level, rows } = await openHooks(t, {
    one: hook({
      args: { row: v.number() },
      atomic: true,
      run: async (ctx, { row }) => {
        order.push(`begin ${row}`)
        await write(ctx, row)
        await ctx.sql`select pg_sleep(0.01)`
        order.push(`end ${row}`)
        if (row === 2) throw new Wanted('mine')
      },
    }),
  })
  await level(async (ctx) => {
    await Promise.allSettled([1, 2, 3].map((row) => ctx.fireHook('one', { row })))
  })
  assert.deepEqual(order, ['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3'])
  assert.deepEqual(await rows(), [1, 3])
})

test('what a callback writes while a hook beside it fails is never lost in silence: the level fails', async (t) => {
  const [entered, wrote] = [latch(), latch()]
  const { level, rows } = await openHooks(t, {
    joins: hook({ atomic: true, run: (ctx) => ctx.fireHook('fails').catch(() => {}) }),
    fails: hook({
      atomic: true,
      run: async (ctx) => {
        await write(ctx, 1)
        entered.open()
        await wrote.opened
        throw new Wanted('mine')
      },
    }),
  })
  const error: unknown = await level(async (ctx) => {
    // Joined by another hook, so that what is undone was sent two levels above.
    const fired = ctx.fireHook('joins').catch(() => {})
    await entered.opened
    await write(ctx, 2)
    wrote.open()
    await fired
  }).catch((error: unknown) => error)
  assert.deepEqual(await rows(), [])
  assert.ok(error instanceof TransactionAbortedError, String(error))
  assert.match(error.message, /was sent while an atomic hook or sql\.begin.* failed, and was undone with it$/)
})

describe("a statement's error that the callback catches", () => {
  const hooks = {
    swallows: hook({
      atomic: true,
      run: async (ctx) => {
        await write(ctx, 1)
        await ctx.sql`select 1 / 0`.catch(() => {})
      },
    }),
    goes_on: hook({
      atomic: true,
      run: async (ctx) => {
        await ctx.sql`select 1 / 0`.catch(() => {})
        await write(ctx, 1)
      },
    }),
  }
  for (const joined of [false, true]) {
    test(`is never a silent loss ${joined ? 'in a savepoint' : 'in a transaction of its own'}`, async (t) => {
      const { fire, level, rows } = await openHooks(t, hooks)
      const told: unknown[] = []
      for (const name of ['swallows', 'goes_on']) {
        const run = joined ? level((ctx) => ctx.fireHook(name)) : fire(name)
        told.push(await run.catch((error: unknown) => error))
      }
      for (const error of told) assert.ok(error instanceof CallbackError)
      assert.deepEqual(await rows(), [])
      const [, goesOn] = told as CallbackError[]
      assert.match(goesOn?.hint ?? '', /Put that statement into ctx\.sql\.begin/)
      const [swallows] = told as CallbackError[]
      if (!joined) assert.ok(swallows?.cause instanceof TransactionAbortedError)
    })
  }
})
