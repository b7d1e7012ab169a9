import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallbackError, hook, WriteError, type Config, type HandlerContext } from 'pawl'
import { simulateChain, type SimulatedBlock } from 'pawl/testing'
import { createRoot, startRoot } from './running-root.ts'

const TABLES = `
  create table seen (level bigint primary key, hash text not null);
  create table total (name text primary key, amount numeric, levels int not null)`

const on_reindex: NonNullable<Config['on_reindex']> = async ({ sql }) => {
  await sql.unsafe(TABLES)
}

function write({ insert, upsert }: HandlerContext, { level, hash, events }: SimulatedBlock): void {
  insert('seen', { level, hash })
  upsert(
    'total',
    { name: `of ${events.length}`, amount: BigInt(level), levels: 1 },
    { key: 'name', add: ['amount', 'levels'] },
  )
}

function expected(blocks: readonly SimulatedBlock[]) {
  const totals = new Map<string, { amount: number; levels: number }>()
  for (const { level, events } of blocks) {
    const total = totals.get(`of ${events.length}`) ?? { amount: 0, levels: 0 }
    totals.set(`of ${events.length}`, { amount: total.amount + level, levels: total.levels + 1 })
  }
  return {
    seen: blocks.map(({ level, hash }) => ({ level: String(level), hash })),
    total: [...totals]
      .map(([name, { amount, levels }]) => ({ name, amount: String(amount), levels }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

for (const batch of [false, true]) {
  test(`rows of ${batch ? 'batches' : 'levels'} are right below finality, above it, and after reorgs`, async (t) => {
    const chain = simulateChain({ seed: 5, length: 120, finality: 20 })
    const calls: number[] = []
    const { sql, emitted } = await startRoot(t, {
      on_reindex,
      indexes: {
        all: batch
          ? {
              datasource: chain.datasource(),
              batch,
              handler: (ctx, blocks) => {
                calls.push(blocks.length)
                for (const block of blocks) write(ctx, block as SimulatedBlock)
              },
            }
          : { datasource: chain.datasource(), handler: (ctx, block) => write(ctx, block as SimulatedBlock) },
      },
    })
    const stored = async () => ({
      seen: [...(await sql`select level, hash from seen order by level`)],
      total: [...(await sql`select name, amount, levels from total order by name collate "C"`)],
    })
    const reached = () => emitted.next('index.progress', ({ hash }) => hash === chain.head.hash)
    assert.deepEqual(await stored(), expected(chain.canonical()))
    for (const depth of [1, 10, 15, 3]) {
      chain.reorg(depth, depth + 1)
      await reached()
      assert.deepEqual(await stored(), expected(chain.canonical()))
    }
    if (batch) {
      // Final ones together, others alone.
      assert.equal(
        calls.slice(0, -20).some((levels) => levels > 10),
        true,
      )
      assert.deepEqual(new Set(calls.slice(-20)), new Set([1]))
    }
  })
}

test('batches of heavy blocks are as small as their datasource says', async (t) => {
  const chain = simulateChain({ seed: 5, length: 120, finality: 20 })
  const calls: number[][] = []
  await startRoot(t, {
    indexes: {
      all: {
        datasource: { ...chain.datasource(), bytesOf: ({ level }) => (level === 50 ? 2_000_000 : 300_000) },
        batch: true,
        handler: (_, blocks) => void calls.push(blocks.map(({ level }) => level)),
      },
    },
  })
  assert.deepEqual(
    calls.flat(),
    Array.from({ length: 120 }, (_, level) => level),
  )
  assert.equal(Math.max(...calls.map(({ length }) => length)), 3)
  assert.deepEqual(
    calls.find((levels) => levels.includes(50)),
    [50],
  )
})

test('a level whose rows cannot be written leaves nothing, and says which', async (t) => {
  const chain = simulateChain({ seed: 1, length: 30, finality: 10 })
  const { sql, emitted, start } = await createRoot(t, {
    on_reindex,
    indexes: {
      all: {
        datasource: chain.datasource(),
        handler: ({ insert }, { level, hash }) => insert('seen', { level, hash: level === 25 ? null : hash }),
      },
    },
  })
  start()
  const { error } = await emitted.next('index.failed')
  assert.ok(error instanceof WriteError)
  assert.match(
    error.message,
    /^the handler of index "all" at level 25: ctx\.insert\("seen", …\) failed: null value in column "hash" .*not-null/,
  )
  assert.deepEqual([...(await sql`select max(level)::int as level from seen`)], [{ level: 24 }])
})

test('an atomic hook sees the rows of the handler that awaits it, and its own go with it when it fails', async (t) => {
  const chain = simulateChain({ seed: 1, length: 10, finality: 3 })
  const { sql } = await startRoot(t, {
    on_reindex,
    hooks: {
      count: hook({
        atomic: true,
        run: async ({ sql: own, insert }) => {
          const [row] = await own`select count(*)::int as n from seen`
          insert('total', { name: `after ${row?.['n']}`, levels: 1 })
          if (row?.['n'] === 5) throw new Error('not this one')
        },
      }),
      alone: hook({
        run: async ({ sql: own, insert }) => {
          assert.throws(() => insert('seen', { level: 99, hash: '' }), CallbackError)
          await own.begin(async () => insert('total', { name: 'alone', levels: 1 }))
          await own
            .begin(async () => {
              insert('total', { name: 'undone', levels: 1 })
              throw new Error('undo it')
            })
            .catch(() => {})
        },
      }),
    },
    indexes: {
      all: {
        datasource: chain.datasource(),
        handler: async ({ insert, fireHook }, { level, hash }) => {
          insert('seen', { level, hash })
          await fireHook('count').catch(() => {})
        },
      },
    },
    on_synchronized: (ctx) => ctx.fireHook('alone'),
  })
  const names = (await sql`select name from total order by name`).map(({ name }) => name as string)
  const after = Array.from({ length: 10 }, (_, at) => at + 1).filter((n) => n !== 5)
  assert.deepEqual(new Set(names), new Set([...after.map((n) => `after ${n}`), 'alone']))
})
