import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as v from 'valibot'
import { hook, type HandlerContext, type Role } from 'pawl'
import { simulateChain } from 'pawl/testing'
import type { HookConfigs } from '../../src/config/config.ts'
import { startRoot, type RunningRoot } from '../hooks/running-root.ts'
import { latch } from '../hooks/latch.ts'

const LIMIT = { timeout: 60_000 }

const args = { level: v.number() }

/** Roots of one project on one database, each with roles of its own. */
async function startFleet(
  t: TestContext,
  {
    hooks,
    handler,
    length = 6,
    onReindex = () => {},
  }: {
    readonly hooks: HookConfigs
    readonly handler: (ctx: HandlerContext, block: { readonly level: number }) => Promise<void> | void
    readonly length?: number
    readonly onReindex?: () => void
  },
) {
  const chain = simulateChain({ seed: 3, length, finality: 30 })
  const project = (roles: readonly Role[], known = hooks) => ({
    roles,
    hooks: known,
    indexes: { blocks: { datasource: chain.datasource(), handler: handler as never } },
    on_reindex: async ({ sql }: { readonly sql: HandlerContext['sql'] }) => {
      onReindex()
      await sql`create table effect (hook text, level int, n int generated always as identity primary key)`
    },
  })
  const indexer = await startRoot(t, project(['indexer', 'scheduler']))
  const join = (roles: readonly Role[], known = hooks): Promise<RunningRoot> =>
    startRoot(t, project(roles, known), indexer)
  const levels = async (): Promise<readonly number[]> =>
    (await indexer.sql<{ level: number }[]>`select level from effect order by n`).map(({ level }) => level)
  return { chain, indexer, join, levels }
}

const write = async (
  { sql, firing }: { readonly sql: HandlerContext['sql']; readonly firing: { readonly hook: string } },
  { level }: { readonly level: number },
): Promise<void> => void (await sql`insert into effect (hook, level) values (${firing.hook}, ${level})`)

const firedAt =
  (level: number) =>
  ({ origin }: { readonly origin: { readonly type: string; readonly level?: number } }) =>
    origin.type === 'handler' && origin.level === level

test('a worker runs what the indexer queues, in order, and the indexer does not', LIMIT, async (t) => {
  const { indexer, join, levels } = await startFleet(t, {
    hooks: { note: hook({ args, atomic: true, run: write }) },
    handler: (ctx, { level }) => ctx.fireHook('note', { level }, { wait: false }),
  })
  await indexer.state('synchronized')
  const worker = await join(['worker'])
  await worker.event('hook.finished', firedAt(5))
  assert.deepEqual(await levels(), [0, 1, 2, 3, 4, 5])
  assert.deepEqual(
    indexer.events.filter((event) => event.type === 'hook.finished' && event.hook === 'note'),
    [],
  )
})

test('a worker follows the lifecycle of the indexer', LIMIT, async (t) => {
  const { indexer, join } = await startFleet(t, { hooks: {}, handler: () => {} })
  const worker = await join(['worker'])
  await worker.state('synchronized')
  assert.deepEqual(
    worker.events.flatMap((event) => (event.type === 'lifecycle' ? [event.state] : [])),
    ['restart', 'syncing', 'synchronized'],
  )
  await indexer.stop()
  const last = () => worker.root.getSnapshot().context.state
  await worker.event('lifecycle', () => last() === 'syncing')
  assert.equal(await worker.stop(), 'done')
})

test('a worker runs what waits for confirmations when the indexer has come so far', LIMIT, async (t) => {
  const { chain, indexer, join, levels } = await startFleet(t, {
    hooks: { note: hook({ args, run: write }) },
    handler: (ctx, { level }) => ctx.fireHook('note', { level }, { wait: false, confirmations: 2 }),
  })
  await indexer.state('synchronized')
  const worker = await join(['worker'])
  await worker.event('hook.finished', firedAt(3))
  assert.deepEqual(await levels(), [0, 1, 2, 3])
  chain.extend(1)
  await worker.event('hook.finished', firedAt(4))
  chain.reorg(2, 3)
  await indexer.event('index.rolledBack')
  await worker.event('hook.finished', firedAt(5))
})

test(
  'of several workers one runs a hook at a time, and all of them together no more than maxConcurrency',
  LIMIT,
  async (t) => {
    let running = 0
    let most = 0
    const busy = async (
      ctx: Parameters<typeof write>[0],
      block: { readonly level: number },
    ): Promise<void> => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      await write(ctx, block)
      running -= 1
    }
    const { indexer, join, levels } = await startFleet(t, {
      length: 60,
      hooks: { one: hook({ args, run: busy }), four: hook({ args, maxConcurrency: 4, run: busy }) },
      handler: async (ctx, { level }) => {
        await ctx.fireHook(level < 30 ? 'one' : 'four', { level }, { wait: false })
      },
    })
    await indexer.state('synchronized')
    const workers = await Promise.all([join(['worker']), join(['worker']), join(['worker'])])
    const done = Promise.all(
      Array.from({ length: 60 }, (_, level) =>
        Promise.any(workers.map((worker) => worker.event('hook.finished', firedAt(level)))),
      ),
    )
    await done
    const all = await levels()
    assert.deepEqual(
      all.filter((level) => level < 30),
      Array.from({ length: 30 }, (_, level) => level),
    )
    assert.equal(all.length, 60)
    assert.ok(most <= 5, `${most} at a time`)
  },
)

test('what a worker has that stops goes on in another', LIMIT, async (t) => {
  const first = latch()
  const { indexer, join, levels } = await startFleet(t, {
    length: 30,
    hooks: { note: hook({ args, maxConcurrency: 3, run: write }) },
    handler: (ctx, { level }) =>
      ctx.fireHook('note', { level }, { wait: false, confirmations: level === 0 ? 0 : 1 }),
  })
  await indexer.state('synchronized')
  const one = await join(['worker'])
  await one.event('hook.finished')
  first.open()
  const other = await join(['worker'])
  await other.state('syncing')
  await one.stop()
  for (let level = 0; level < 29; level += 1)
    await Promise.any([one, other].map((worker) => worker.event('hook.finished', firedAt(level))))
  assert.equal(new Set(await levels()).size, 29)
  assert.equal((await levels()).length, 29)
})

test('firings of a hook that a worker does not know are left to one that does', LIMIT, async (t) => {
  const old = { note: hook({ args, run: write }) }
  const young = { ...old, added: hook({ args, run: write }) }
  const { indexer, join, levels } = await startFleet(t, {
    hooks: young,
    length: 3,
    handler: (ctx, { level }) => ctx.fireHook(level === 1 ? 'added' : 'note', { level }, { wait: false }),
  })
  await indexer.state('synchronized')
  const one = await join(['worker'], old)
  await one.event('hook.finished', firedAt(2))
  assert.deepEqual(await levels(), [0, 2])
  const other = await join(['worker'], young)
  await other.event('hook.finished', firedAt(1))
  assert.deepEqual(await levels(), [0, 2, 1])
  const [row] = await indexer.sql`select count(*)::int as count from pawl.firing`
  assert.equal(row?.['count'], 0)
})

test('REINDEX at a worker is done by the indexer', LIMIT, async (t) => {
  let made = 0
  const { indexer, join } = await startFleet(t, {
    hooks: {},
    handler: () => {},
    onReindex: () => (made += 1),
  })
  await indexer.state('synchronized')
  const worker = await join(['worker'])
  await worker.state('synchronized')
  worker.root.send({ type: 'REINDEX' })
  await indexer.event('reindex', ({ reason }) => reason === 'manual')
  await indexer.event(
    'lifecycle',
    ({ previous, state }) => previous === 'reindex' && state === 'restart' && made === 2,
  )
})

test('a worker adds no indexes, and says so', LIMIT, async (t) => {
  const { join } = await startFleet(t, { hooks: {}, handler: () => {} })
  const worker = await join(['worker'])
  await worker.state('synchronized')
  worker.root.send({ type: 'REMOVE_INDEX', index: 'blocks' })
  const { error } = await worker.event('index.refused')
  assert.match(String(error), /RoleError: this process follows no indexes/)
})

test('roles need a server, and are checked', LIMIT, async (t) => {
  await assert.rejects(startRoot(t, { roles: ['index' as Role] }), {
    message: /roles\[0\]: expected "indexer", "scheduler" and "worker", got "index"/,
  })
})
