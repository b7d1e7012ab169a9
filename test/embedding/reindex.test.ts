import assert from 'node:assert/strict'
import { test } from 'node:test'
import postgres from 'postgres'
import { fireHook, hook, UnjournallableTableError, type Config, type LevelIndexConfig } from 'pawl'
import { simulateChain, type SimulatedChain } from 'pawl/testing'
import { until } from '../support/until.ts'
import { waitsForLock } from '../support/waits-for-lock.ts'
import { createRoot, startRoot } from './running-root.ts'

/** Keeps what it is told in two tables: `seen` by levels, and `diary`, which is immune, by runs of `on_reindex`. */
function keeping(chain: SimulatedChain, handler?: LevelIndexConfig['handler']) {
  return {
    immuneTables: ['diary'],
    on_reindex: async ({ sql }) => {
      await sql`create table if not exists diary (id int generated always as identity primary key)`
      await sql`insert into diary default values`
      await sql`create table seen (level int primary key)`
    },
    indexes: {
      blocks: {
        datasource: chain.datasource(),
        handler: async (ctx, block) => {
          await handler?.(ctx, block)
          await ctx.sql`insert into seen values (${block.level})`
        },
      },
    },
  } satisfies Config
}

async function kept(sql: postgres.Sql): Promise<unknown> {
  const [row] = await sql`
    select (select count(*)::int from seen) as seen, (select count(*)::int from diary) as diary`
  return row
}

const AGAIN = [
  '● reindex',
  'reindex: manual',
  'on_reindex starts',
  'on_reindex finished',
  '● restart',
  'on_restart starts',
  'on_restart finished',
  '● syncing',
  '● synchronized',
  'on_synchronized starts',
  'on_synchronized finished',
]

const reindexes = (story: readonly string[]): readonly string[] =>
  story.filter((line) => line.startsWith('reindex:'))

test('REINDEX keeps immune tables, wipes the others and goes on to synchronized', async (t) => {
  const { root, sql, emitted, stop } = await startRoot(t, keeping(simulateChain({ seed: 1, length: 10 })))
  await sql`create table stray (id int primary key)`
  await sql`insert into seen values (-1)`
  const before = emitted.story().length
  root.send({ type: 'REINDEX' })
  await emitted.synchronized()
  assert.deepEqual(emitted.story().slice(before), AGAIN)
  assert.deepEqual(await kept(sql), { seen: 10, diary: 2 })
  assert.deepEqual([...(await sql`select to_regclass('public.stray') as stray`)], [{ stray: null }])
  assert.deepEqual(await stop(), {})
})

test(
  'REINDEX in each state of a first start is one reindex more, and ends synchronized',
  {
    timeout: 300_000,
  },
  async (t) => {
    for (const at of ['opening', 'restart', 'syncing', 'synchronized'] as const) {
      const { root, sql, emitted, start, stop } = await createRoot(
        t,
        keeping(simulateChain({ seed: 1, length: 200 })),
      )
      const listener = root.on('lifecycle', ({ state }) => {
        if (state !== at) return
        listener.unsubscribe()
        root.send({ type: 'REINDEX' })
      })
      start()
      if (at === 'opening') root.send({ type: 'REINDEX' })
      await emitted.next('reindex', ({ reason }) => reason === 'manual')
      await emitted.synchronized()
      assert.equal(reindexes(emitted.story()).filter((line) => line === 'reindex: manual').length, 1, at)
      const [row] = await sql`select count(*)::int, max(level)::int from seen`
      assert.deepEqual(row, { count: 200, max: 199 }, at)
      assert.deepEqual(await stop(), {}, at)
    }
  },
)

test('REINDEX in a rollback waits for its end', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const { root, sql, emitted } = await startRoot(t, keeping(chain))
  const before = emitted.story().length
  root.on('lifecycle', ({ state }) => {
    if (state === 'rollback') root.send({ type: 'REINDEX' })
  })
  chain.reorg(3)
  await emitted.synchronized()
  const story = emitted.story().slice(before)
  assert.deepEqual(
    story.filter((line) => line.startsWith('on_index_rollback') || line.startsWith('reindex:')),
    ['on_index_rollback starts', 'on_index_rollback finished', 'reindex: manual'],
  )
  assert.deepEqual(await kept(sql), { seen: 20, diary: 2 })
})

test('a REINDEX that hung until another process had taken the lease over wipes nothing', async (t) => {
  const { root, url, sql, ended } = await startRoot(t, keeping(simulateChain({ seed: 1, length: 10 })))
  const elsewhere = postgres(url, { max: 1, onnotice: () => {} })
  t.after(() => elsewhere.end())
  await elsewhere.begin(async (other) => {
    // What a reindex notes first waits for this.
    await other`lock table pawl.lifecycle in exclusive mode`
    root.send({ type: 'REINDEX' })
    await until(sql, waitsForLock)
    // As who takes it over.
    await other`update pawl.fence set number = number + 1`
  })
  assert.equal(((await ended).error as { readonly code?: string }).code, 'LEASE_LOST')
  assert.deepEqual(await kept(sql), { seen: 10, diary: 1 })
})

test('REINDEX twice at once is one reindex; one after the other are two', async (t) => {
  const { root, sql, emitted } = await startRoot(t, keeping(simulateChain({ seed: 1, length: 10 })))
  root.send({ type: 'REINDEX' })
  root.send({ type: 'REINDEX' })
  await emitted.synchronized()
  assert.deepEqual(await kept(sql), { seen: 10, diary: 2 })
  root.send({ type: 'REINDEX' })
  await emitted.synchronized()
  assert.deepEqual(await kept(sql), { seen: 10, diary: 3 })
  assert.deepEqual(reindexes(emitted.story()), ['reindex: first_start', 'reindex: manual', 'reindex: manual'])
})

test('STOP during a REINDEX ends cleanly, and the next start goes on', async (t) => {
  const config = keeping(simulateChain({ seed: 1, length: 10 }))
  const { root, url, emitted, ended } = await startRoot(t, config)
  root.on('reindex', () => root.send({ type: 'STOP' }))
  root.send({ type: 'REINDEX' })
  assert.deepEqual(await ended, {})
  assert.deepEqual(emitted.story().slice(-2), ['on_reindex finished', '● stopped'])
  const next = await startRoot(t, { ...config, database: url })
  assert.deepEqual(reindexes(next.emitted.story()), [])
  assert.deepEqual(await kept(next.sql), { seen: 10, diary: 2 })
})

test('an on_reindex that fails after the wipe is fired again by the next start', async (t) => {
  const config = keeping(simulateChain({ seed: 1, length: 10 }))
  let slips = false
  const { root, url, ended } = await startRoot(t, {
    ...config,
    on_reindex: async (ctx) => {
      await config.on_reindex(ctx)
      if (slips) throw new Error('a slip of the user')
    },
  })
  slips = true
  root.send({ type: 'REINDEX' })
  assert.match(((await ended).error as Error).message, /on_reindex failed: a slip of the user/)
  const next = await startRoot(t, { ...config, database: url })
  assert.equal(reindexes(next.emitted.story()).length, 1)
  // The run that failed left nothing.
  assert.deepEqual(await kept(next.sql), { seen: 10, diary: 2 })
})

test('on_reindex that makes a table without a primary key is undone, and runs when it is mended', async (t) => {
  const config = keeping(simulateChain({ seed: 1, length: 10 }))
  const spoilt = await createRoot(t, {
    ...config,
    on_reindex: async (ctx) => {
      await config.on_reindex(ctx)
      await ctx.sql`create table log (line text)`
    },
  })
  spoilt.start()
  const { error } = await spoilt.ended
  assert.ok(error instanceof UnjournallableTableError, String(error))
  assert.match(error.message, /table log has no primary key/)
  assert.match(error.hint ?? '', /Nothing of on_reindex was stored/)
  assert.deepEqual([...(await spoilt.sql`select to_regclass('seen') as seen`)], [{ seen: null }])
  const mended = await startRoot(t, { ...config, database: spoilt.url })
  assert.deepEqual(await kept(mended.sql), { seen: 10, diary: 1 })
  await mended.stop()
})

test('REINDEX starts an index again that had failed', async (t) => {
  let slips = true
  const chain = simulateChain({ seed: 1, length: 10 })
  const other = simulateChain({ seed: 2, length: 3 })
  const config = keeping(chain, (_ctx, { level }) => {
    if (slips && level === 5) throw new Error('a slip of the user')
  })
  const { root, sql, emitted, start } = await createRoot(t, {
    ...config,
    indexes: { ...config.indexes, other: { datasource: other.datasource(), handler() {} } },
  })
  start()
  await emitted.next('index.failed')
  slips = false
  root.send({ type: 'REINDEX' })
  await emitted.synchronized()
  assert.deepEqual(await kept(sql), { seen: 10, diary: 2 })
})

test(
  'hooks that run during a REINDEX find the old tables or the new ones',
  { timeout: 300_000 },
  async (t) => {
    const writes = (atomic: boolean) =>
      hook({
        atomic,
        blocking: false,
        run: async ({ sql }) => {
          await sql`insert into seen values (${-1 - Math.floor(Math.random() * 1e9)})`
          await sql`select count(*) from seen`
        },
      })
    const { root, sql, emitted } = await startRoot(t, {
      ...keeping(simulateChain({ seed: 1, length: 10 })),
      hooks: { loose: writes(false), whole: writes(true), queued: hook({ run() {} }) },
    })
    let over = false
    const hammer = async (name: string): Promise<void> => {
      while (!over) await fireHook(root as never, name as never)
    }
    const hammers = Promise.all(['loose', 'whole', 'loose'].map(hammer))
    hammers.catch(() => {})
    for (let times = 0; times < 5; times += 1) {
      root.send({ type: 'REINDEX' })
      await emitted.synchronized()
    }
    over = true
    await hammers
    assert.equal(emitted.events.filter(({ type }) => type === 'hook.failed').length, 0)
    const [row] = await sql`select count(*)::int from seen where level >= 0`
    assert.deepEqual(row, { count: 10 })
  },
)
