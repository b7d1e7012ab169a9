import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config, HookContext, IndexConfig } from 'pawl'
import { ConfigurationError, DatasourceError, fireHook, hook, UnknownIndexError } from 'pawl'
import { simulateChain, type SimulatedChain } from 'pawl/testing'
import { describeEvent } from '../../src/text/describe-event.ts'
import { createRoot, startRoot } from './running-root.ts'

const LIMIT = { timeout: 300_000 }

/** Writes what it sees with its name. */
const following = (name: string, chain: SimulatedChain): IndexConfig => ({
  datasource: chain.datasource(),
  handler: async ({ sql }, { level, hash }) => {
    await sql`insert into seen values (${name}, ${level}, ${hash})`
  },
})

const on_reindex: NonNullable<Config['on_reindex']> = async ({ sql }) => {
  await sql`create table seen (name text, level int, hash text, primary key (name, level))`
}

const chainOf = (length: number, seed = 1) => simulateChain({ seed, length, finality: 20 })

function count(running: { readonly sql: Awaited<ReturnType<typeof startRoot>>['sql'] }) {
  return async (name: string): Promise<unknown> => {
    const [row] = await running.sql`select count(*)::int from seen where name = ${name}`
    return row?.['count']
  }
}

test('ADD_INDEX leads through syncing to synchronized again; its reorgs are undone', LIMIT, async (t) => {
  const [first, second] = [chainOf(10), chainOf(30, 2)]
  const running = await startRoot(t, { on_reindex, indexes: { first: following('first', first) } })
  const { root, emitted } = running
  const before = emitted.story().length
  root.send({ type: 'ADD_INDEX', index: 'second', config: following('second', second) })
  await emitted.next('index.added')
  await emitted.synchronized()
  assert.deepEqual(emitted.story().slice(before, before + 2), ['● syncing', '● synchronized'])
  assert.equal(await count(running)('second'), 30)
  second.reorg(5, 6)
  await emitted.next('index.rolledBack', ({ index }) => index === 'second')
  await emitted.synchronized()
  const rows = await running.sql<{ level: number; hash: string }[]>`
    select level, hash from seen where name = 'second' order by level`
  assert.deepEqual(
    rows.map(({ level, hash }) => ({ level, hash })),
    Array.from({ length: second.head.level + 1 }, (_, level) => ({ level, hash: second.block(level)?.hash })),
  )
})

test(
  'one that is added in on_restart is there when syncing begins, and after each start',
  LIMIT,
  async (t) => {
    const [first, second] = [chainOf(5), chainOf(8, 2)]
    const config = {
      on_reindex,
      indexes: { first: following('first', first) },
      on_restart: (ctx: HookContext) => ctx.addIndex('second', following('second', second)),
    }
    const running = await startRoot(t, config)
    assert.equal(await count(running)('second'), 8)
    assert.equal(running.emitted.story().filter((line) => line === '● synchronized').length, 1)
    await running.stop()
    second.extend(4)
    const next = await startRoot(t, { ...config, database: running.url })
    assert.equal(await count(next)('second'), 12)
  },
)

test(
  'one that is added is wiped and indexed again by REINDEX, and goes on over a RESTART',
  LIMIT,
  async (t) => {
    const running = await startRoot(t, { on_reindex, indexes: { first: following('first', chainOf(5)) } })
    const { root, emitted } = running
    root.send({ type: 'ADD_INDEX', index: 'second', config: following('second', chainOf(8, 2)) })
    await emitted.next('index.added')
    await emitted.synchronized()
    for (const type of ['REINDEX', 'RESTART'] as const) {
      root.send({ type })
      await emitted.synchronized()
      assert.equal(await count(running)('second'), 8, type)
    }
  },
)

test('REMOVE_INDEX ends it at a level boundary; added again it goes on where it stood', LIMIT, async (t) => {
  const chain = chainOf(10)
  const running = await startRoot(t, {
    on_reindex,
    indexes: { first: following('first', chainOf(5, 2)), second: following('second', chain) },
  })
  const { root, emitted } = running
  root.send({ type: 'REMOVE_INDEX', index: 'second' })
  await emitted.next('index.removed')
  // Levels that it has leave the chain while it is away.
  chain.reorg(3, 7)
  assert.equal(await count(running)('second'), 10)
  root.send({ type: 'ADD_INDEX', index: 'second', config: following('second', chain) })
  await emitted.next('index.rolledBack', ({ index, toLevel }) => index === 'second' && toLevel === 6)
  await emitted.synchronized()
  assert.equal(await count(running)('second'), chain.head.level + 1)
})

test(
  'firings that wait for confirmations of an index that was removed are told, also by each start without it',
  LIMIT,
  async (t) => {
    const chain = chainOf(10)
    const second: IndexConfig = {
      datasource: chain.datasource(),
      handler: (ctx) => ctx.fireHook('announce', {}, { wait: false, confirmations: 3 }),
    }
    const config = { hooks: { announce: hook({ run: () => {} }) } }
    const running = await startRoot(t, { ...config, indexes: { second } })
    running.root.send({ type: 'REMOVE_INDEX', index: 'second' })
    await running.emitted.next('index.removed')
    const waiting = { type: 'index.unconfirmed', index: 'second', firings: 3 } as const
    assert.deepEqual(await running.emitted.next('index.unconfirmed'), waiting)
    assert.match(
      describeEvent(waiting).text,
      /^index second is not followed: 3 durable firings of its levels wait/,
    )
    await running.stop()

    const without = await startRoot(t, { ...config, database: running.url })
    assert.deepEqual(
      without.emitted.events.filter(({ type }) => type === 'index.unconfirmed'),
      [waiting],
    )
    chain.extend(3)
    without.root.send({ type: 'ADD_INDEX', index: 'second', config: second })
    await without.emitted.next(
      'hook.finished',
      ({ origin }) => origin.type === 'handler' && origin.level === 9,
    )
    await without.stop()

    // Those of levels that are followed are nobody's business.
    const again = await startRoot(t, { ...config, database: running.url, indexes: { second } })
    assert.deepEqual(
      again.emitted.events.filter(({ type }) => type === 'index.unconfirmed'),
      [],
    )
  },
)

test('a handler may remove its own index, and a hook add and remove as it likes', LIMIT, async (t) => {
  const chain = chainOf(30)
  const running = await startRoot(t, {
    on_reindex,
    indexes: {
      first: following('first', chainOf(5, 2)),
      second: {
        datasource: chain.datasource(),
        handler: async (ctx, { level }) => {
          if (level === 7) ctx.removeIndex('second')
          await ctx.sql`insert into seen values ('second', ${level}, '')`
        },
      },
    },
    hooks: {
      swap: hook({
        run: async (ctx) => {
          ctx.removeIndex('first')
          await ctx.addIndex('third', following('third', chainOf(6, 3)))
        },
      }),
    },
  })
  const { root, emitted, events } = { ...running, events: running.emitted.events }
  assert.ok(events.some((event) => event.type === 'index.removed' && event.index === 'second'))
  const [row] = await running.sql`select max(level) as level from seen where name = 'second'`
  assert.ok(Number(row?.['level']) >= 7)
  await fireHook(root as never, 'swap' as never)
  await emitted.next('index.removed', ({ index }) => index === 'first')
  await emitted.synchronized()
  assert.equal(await count(running)('third'), 6)
})

test('what cannot be added or removed is refused, and nothing else happens', LIMIT, async (t) => {
  const errors: unknown[] = []
  const down = following('down', chainOf(5))
  const running = await createRoot(t, {
    on_reindex,
    indexes: { first: following('first', chainOf(5)) },
    on_restart: async (ctx) => {
      await ctx.addIndex('first', down).catch((error: unknown) => errors.push(error))
    },
  })
  const { root, emitted } = running
  const refused = async () => (await emitted.next('index.refused')).error
  root.send({ type: 'REMOVE_INDEX', index: 'firt' })
  running.start()
  const unknown = await refused()
  assert.ok(unknown instanceof UnknownIndexError)
  assert.match(unknown.message, /^there is no index "firt" – did you mean "first"\?$/)
  await emitted.synchronized()

  const [taken] = errors
  assert.ok(taken instanceof ConfigurationError)
  assert.match(taken.message, /indexes\.first.*there is an index of this name/)

  root.send({ type: 'ADD_INDEX', index: 'bad', config: { datasource: {} } as never })
  const bad = await refused()
  assert.ok(bad instanceof ConfigurationError)
  assert.match(bad.message, /indexes\.bad\.datasource.*\n?.*indexes\.bad\.handler/s)

  const source = down.datasource
  const broken = {
    ...down,
    datasource: {
      description: 'a node that is down',
      head: () => Promise.reject(new DatasourceError('no answer')),
      chain: () => Promise.reject(new DatasourceError('no answer')),
      blocks: source.blocks.bind(source),
    },
  }
  root.send({ type: 'ADD_INDEX', index: 'down', config: broken })
  assert.match(String(await refused()), /no answer/)
  const rows = await running.sql`select name from pawl.index order by name`
  assert.deepEqual(
    rows.map(({ name }) => name as string),
    ['first'],
  )
  root.send({ type: 'STOP' })
  root.send({ type: 'ADD_INDEX', index: 'late', config: down })
  assert.match(String(await refused()), /ADD_INDEX of index "late" was not done: Pawl is stopping/)
  await running.ended
})
