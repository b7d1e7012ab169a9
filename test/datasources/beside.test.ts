import assert from 'node:assert/strict'
import test from 'node:test'
import postgres from 'postgres'
import * as v from 'valibot'
import { hook } from 'pawl'
import {
  beside,
  ponderProgress,
  reportedProgress,
  squidProgress,
  type ProgressSource,
} from '../../src/datasources/beside.ts'
import { DatasourceError } from '../../src/errors.ts'
import { simulateChain, type SimulatedChain } from '../../src/testing/index.ts'
import { createRoot } from '../embedding/running-root.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { conformance } from './conformance.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }

conformance('beside an indexer that is at the head', { skip: false }, async () => {
  const chain = simulateChain({ seed: 3, length: 90 })
  const indexer = reportedProgress('the other')
  const catchUp = () => indexer.report(chain.head)
  catchUp()
  return {
    datasource: beside({ indexer, chain: chain.datasource(), pollInterval: 5 }),
    secrets: [],
    extend: async () => {
      chain.extend()
      catchUp()
    },
    reorg: async (depth, length) => {
      chain.reorg(depth, length)
      catchUp()
    },
  }
})

test('the chain is there as far as the other indexer has done it', async () => {
  const chain = simulateChain({ seed: 1, length: 50 })
  const indexer = reportedProgress('the other')
  const datasource = beside({ indexer, chain: chain.datasource(), lag: 2 })
  await assert.rejects(datasource.head(call), /^DatasourceError: the other has not done a block yet$/)
  assert.equal(await datasource.caughtUp?.(call), false)
  indexer.report({ level: 20 })
  assert.equal((await datasource.head(call)).level, 20)
  assert.equal(await datasource.caughtUp?.(call), false)
  const blocks = await datasource.blocks(18, 25, { ...call, finalized: 0 })
  assert.deepEqual(
    blocks.map(({ level }) => level),
    [18, 19, 20],
  )
  indexer.report({ level: 47 })
  assert.equal(await datasource.caughtUp?.(call), true)
  indexer.report({ level: 49, synchronized: false })
  assert.equal(await datasource.caughtUp?.(call), false)
  assert.equal(datasource.description, 'the other, on simulated chain (seed 1)')
})

test('what the other indexer has on a branch that is gone is not there', async () => {
  const chain = simulateChain({ seed: 1, length: 50 })
  const indexer = reportedProgress('the other')
  const datasource = beside({ indexer, chain: chain.datasource(), pollInterval: 5 })
  for (const block of chain.canonical()) indexer.report(block)
  chain.reorg(3, 5)
  assert.equal((await datasource.head(call)).level, 46)
  const noticed = datasource.changed?.(call)
  for (const { level, hash } of chain.canonical().slice(47, 50)) indexer.report({ level, hash })
  await noticed
  assert.equal((await datasource.head(call)).hash, chain.block(49)?.hash)
})

test('a block that the other indexer has not done ends the answer, whatever the chain has there now', async () => {
  const chain = simulateChain({ seed: 1, length: 50 })
  const indexer = reportedProgress('the other')
  const datasource = beside({ indexer, chain: chain.datasource() })
  for (const block of chain.canonical()) indexer.report(block)
  assert.equal((await datasource.head(call)).level, 49)
  // Before it hears of it.
  chain.reorg(2, 3)
  const levels = async () =>
    (await datasource.blocks(45, 50, { ...call, finalized: 0 })).map(({ level }) => level)
  assert.deepEqual(await levels(), [45, 46, 47])
  // What it knew of 48 and 49 is of the other branch, but where it is now is on this one.
  indexer.report(chain.head)
  assert.deepEqual(await levels(), [45, 46, 47, 48, 49, 50])
  assert.equal((await datasource.blocks(45, 49, { ...call, finalized: 0 })).length, 5)
})

test('that the other indexer falls behind is news, and the index is not synchronized then', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const indexer = reportedProgress('the other')
  indexer.report(chain.head)
  const datasource = beside({ indexer, chain: chain.datasource(), pollInterval: 5 })
  const { emitted, start } = await createRoot(t, { indexes: { other: { datasource, handler: () => {} } } })
  start()
  await emitted.synchronized()
  chain.extend(5)
  indexer.report({ level: 20 })
  await emitted.next('index.progress', ({ level }) => level === 20)
  chain.extend(500)
  await emitted.next('index.progress', ({ synchronized }) => !synchronized)
  indexer.report(chain.head)
  await emitted.next(
    'index.progress',
    ({ level, synchronized }) => level === chain.head.level && synchronized,
  )
})

test('Pawl is synchronized when the other indexer is, and its hooks live by that', async (t) => {
  const chain = simulateChain({ seed: 1, length: 40 })
  const indexer = reportedProgress('the other')
  indexer.report({ level: 10, synchronized: false })
  const told: string[] = []
  const { emitted, sql, start } = await createRoot(t, {
    indexes: {
      other: {
        datasource: beside({ indexer, chain: chain.datasource(), pollInterval: 5 }),
        handler: (ctx, { level, hash }) =>
          ctx.fireHook('announce', { hash }, { wait: false, confirmations: 2, key: `${level}` }),
      },
    },
    hooks: {
      announce: hook({
        args: { hash: v.string() },
        run: (_, { hash }) => void told.push(hash),
        onReverted: (_, { hash }) => void told.push(`not ${hash}`),
      }),
    },
  })
  start()
  await emitted.next('index.progress', ({ level }) => level === 10)
  indexer.report({ level: 39, synchronized: false })
  await emitted.next('index.progress', ({ level }) => level === 39)
  assert.ok(!emitted.story().includes('● synchronized'), 'the other one is not')
  indexer.report({ level: 39, synchronized: true })
  await emitted.synchronized()

  // Two blocks leave before they are deep enough, and with them what was to be told of them.
  const orphans = chain.canonical().slice(-2)
  chain.reorg(2, 3)
  indexer.report({ level: 37 })
  chain.extend(3)
  indexer.report(chain.head)
  await emitted.next('index.rolledBack', ({ fromLevel, toLevel }) => fromLevel === 39 && toLevel === 37)
  await emitted.next('index.progress', ({ level }) => level === chain.head.level)
  const last = chain.block(chain.head.level - 2)?.hash ?? ''
  while (!told.includes(last)) await emitted.next('hook.finished')
  assert.deepEqual(told, hashesUpTo(chain, chain.head.level - 2))
  for (const { hash } of orphans) assert.ok(!told.includes(hash))
  const [row] = await sql<{ level: number }[]>`select level::int from pawl.index`
  assert.equal(row?.level, chain.head.level)
})

const hashesUpTo = (chain: SimulatedChain, level: number) =>
  chain
    .canonical()
    .filter((block) => block.level <= level)
    .map(({ hash }) => hash)

test("a Squid's progress is read from its tables", async (t) => {
  const { url } = await createTestDatabase(t)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const indexer = squidProgress({ database: url })
  t.after(async () => {
    await indexer.close?.()
    await sql.end()
  })
  assert.deepEqual(await indexer.read(), { level: undefined })
  await sql`create schema squid_processor`
  assert.deepEqual(await indexer.read(), { level: undefined })
  await sql`create table squid_processor.status (id int4 primary key, height int4 not null, hash text default '0x', nonce int4 default 0)`
  await sql`create table squid_processor.hot_block (height int4 primary key, hash text not null)`
  await sql`insert into squid_processor.status (id, height) values (0, -1)`
  assert.deepEqual(await indexer.read(), { level: undefined, hashes: new Map() })
  await sql`update squid_processor.status set height = 7, hash = '0x07'`
  await sql`insert into squid_processor.hot_block values (9, '0x09'), (8, '0x08')`
  assert.deepEqual(await indexer.read(), {
    level: 9,
    hashes: new Map([
      [7, '0x07'],
      [8, '0x08'],
      [9, '0x09'],
    ]),
  })
})

test("a Ponder app's progress is read from its tables", async (t) => {
  const { url } = await createTestDatabase(t)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const sources: ProgressSource[] = []
  const ponder = (chainId?: number) => {
    const source = ponderProgress({ database: url, schema: 'my app', ...(chainId && { chainId }) })
    sources.push(source)
    return source
  }
  t.after(async () => {
    for (const source of sources) await source.close?.()
    await sql.end()
  })
  assert.deepEqual(await ponder().read(), { level: undefined })
  await sql`create schema "my app"`
  await sql`create table "my app"._ponder_checkpoint (chain_name text primary key, chain_id int8 not null, safe_checkpoint varchar(75) not null, latest_checkpoint varchar(75) not null)`
  await sql`create table "my app"._ponder_meta (key text primary key, value jsonb not null)`
  const checkpoint = (level: number) =>
    `1700000000${'31337'.padStart(16, '0')}${String(level).padStart(16, '0')}${'9'.repeat(33)}`
  await sql`insert into "my app"._ponder_meta values ('app', '{"is_ready": 0}')`
  await sql`insert into "my app"._ponder_checkpoint values ('local', 31337, ${checkpoint(5)}, ${checkpoint(12)})`
  assert.deepEqual(await ponder().read(), { level: 12, synchronized: false })
  await sql`update "my app"._ponder_meta set value = '{"is_ready": 1}'`
  await sql`insert into "my app"._ponder_checkpoint values ('base', 8453, ${checkpoint(1)}, ${checkpoint(2)})`
  assert.deepEqual(await ponder(8453).read(), { level: 2, synchronized: true })
  await assert.rejects(ponder().read(), (error: unknown) => {
    assert.ok(error instanceof DatasourceError)
    assert.equal(error.message, 'Ponder in schema "my app" follows the chains 31337, 8453')
    assert.equal(error.retriable, false)
    return true
  })
})

test('a database that is not there is told of, without its password', async () => {
  const indexer = squidProgress({ database: 'postgres://me:geheim@127.0.0.1:1/none' })
  await assert.rejects(indexer.read(), (error: unknown) => {
    assert.match(
      String(error),
      /^DatasourceError: Squid in schema "squid_processor": its progress cannot be read$/,
    )
    assert.ok(!JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('geheim'))
    return true
  })
  await indexer.close?.()
})
