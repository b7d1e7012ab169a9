import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datasource } from '../../src/datasources/datasource.ts'
import { simulateChain, type SimulatedChain } from '../../src/testing/index.ts'
import { openIndexing, ref } from './indexing-fixture.ts'

/** A source that counts the levels that it was asked for. */
function counting(chain: SimulatedChain, selection: Readonly<Record<string, unknown>> = { all: true }) {
  const datasource = chain.datasource()
  const asked = { levels: 0 }
  const counted: Datasource = {
    ...datasource,
    selection,
    chain: async () => 'simulated:1',
    blocks: (from, to, call) => {
      asked.levels += to - from + 1
      return datasource.blocks(from, to, call)
    },
  }
  return { asked, datasource: counted }
}

/** The same chain, by a node that has it only up to this level, which is final. */
function behind(chain: SimulatedChain, height: number, asked: { levels: number }): Datasource {
  const { datasource } = counting(chain)
  const { refs: _, ...rest } = datasource
  return {
    ...rest,
    head: async () => ({ ...chain.canonical()[height]! }),
    finalized: async () => height,
    blocks: async (from, to, call) => {
      asked.levels += to - from + 1
      return (await datasource.blocks(from, to, call)).filter(({ level }) => level <= height)
    },
  }
}

const served = (chain: SimulatedChain) =>
  chain
    .canonical()
    .filter(({ level, events }) => level > chain.finalized || events.length > 0)
    .map(ref)

test('what is final is asked for once, also where levels were left out, and also by another index', async (t) => {
  const { database, process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 1, length: 400, finality: 20, emptyShare: 0.5 })
  const first = counting(chain)
  await process(first.datasource, { cache: true }).start()
  assert.ok(first.asked.levels >= 400)
  assert.deepEqual(await rows(), served(chain))

  // As a wipe leaves it.
  await database.sql`truncate seen, pawl.block, pawl.version cascade`
  await database.sql`update pawl.index set level = null, hash = null, finalized = null`
  chain.extend(30)
  chain.reorg(10, 12)
  for (const name of ['transfers', 'other']) {
    const again = counting(chain)
    await process(again.datasource, { cache: true, name }).start()
    // The new ones, those that are not final, two to compare, and a range that was partly final: as wide as ranges have become.
    assert.ok(again.asked.levels < 250, `${again.asked.levels} levels were asked for`)
    assert.deepEqual((await rows(name)).slice(-60), served(chain).slice(-60))
    assert.equal((await rows(name)).length, served(chain).length)
  }
})

test('another selection, or no cache, asks the source', async (t) => {
  const { process } = await openIndexing(t)
  const chain = simulateChain({ seed: 1, length: 100, finality: 20 })
  await process(counting(chain).datasource, { cache: true, name: 'a' }).start()
  for (const [name, selection, cache] of [
    ['b', { all: false }, true],
    ['c', { all: true }, false],
  ] as const) {
    const other = counting(chain, selection)
    await process(other.datasource, { cache, name }).start()
    assert.ok(other.asked.levels >= 100)
  }
})

test('a chain that began anew under the same name is noticed', async (t) => {
  const { process, rows } = await openIndexing(t)
  await process(counting(simulateChain({ seed: 1, length: 100, finality: 20 })).datasource, {
    cache: true,
    name: 'a',
  }).start()
  const anew = simulateChain({ seed: 2, length: 110, finality: 20 })
  await process(counting(anew).datasource, { cache: true, name: 'b' }).start()
  assert.deepEqual(await rows('b'), served(anew))
  const again = counting(anew)
  await process(again.datasource, { cache: true, name: 'c' }).start()
  assert.ok(again.asked.levels < 60)
  assert.deepEqual(await rows('c'), served(anew))
})

test('a node that is behind empties nothing; what it does not have yet is not used', async (t) => {
  const { database, process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 1, length: 400, finality: 20 })
  await process(counting(chain).datasource, { cache: true, name: 'a' }).start()
  const kept = async () => (await database.sql`select from pawl.cached_range`).length
  const before = await kept()
  for (const [name, height] of [
    ['b', 300],
    ['c', 3],
    ['d', 0],
  ] as const) {
    const asked = { levels: 0 }
    await process(behind(chain, height, asked), { cache: true, name }).start()
    assert.deepEqual(await rows(name), (await rows('a')).slice(0, height + 1))
    assert.ok((await kept()) >= before, name)
    if (height === 300) assert.ok(asked.levels < 250, `${asked.levels} levels were asked for`)
  }
  const again = counting(chain)
  await process(again.datasource, { cache: true, name: 'e' }).start()
  // A range that was partly final is asked for again: as wide as ranges have become.
  assert.ok(again.asked.levels < 250, `${again.asked.levels} levels were asked for`)
})

test('a chain that began anew is noticed where it is shorter, too', async (t) => {
  const { database, process, rows } = await openIndexing(t)
  await process(counting(simulateChain({ seed: 1, length: 400, finality: 20 })).datasource, {
    cache: true,
    name: 'a',
  }).start()
  const anew = simulateChain({ seed: 2, length: 50, finality: 20 })
  await process(counting(anew).datasource, { cache: true, name: 'b' }).start()
  assert.deepEqual(await rows('b'), served(anew))
  const [highest] = await database.sql`select max(to_level)::int as level from pawl.cached_range`
  assert.ok(highest?.['level'] < 50)
})

test('what is emptied while it runs is asked for, and a range that cannot be kept is no harm', async (t) => {
  const { database, process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 1, length: 300, finality: 20 })
  await process(counting(chain).datasource, { cache: true, name: 'a' }).start()
  const emptied = process(counting(chain).datasource, {
    cache: true,
    name: 'b',
    handler: async ({ level }) => {
      if (level === 3) await database.sql`truncate pawl.cached_range`
    },
  })
  await emptied.start()
  assert.deepEqual(await rows('b'), served(chain))
  const unkeepable = counting(chain, { other: true })
  const { blocks } = unkeepable.datasource
  const functions: Datasource = {
    ...unkeepable.datasource,
    blocks: async (...args) => (await blocks(...args)).map((block) => ({ ...block, lookUp: () => block })),
  }
  await process(functions, { cache: true, name: 'c' }).start()
  assert.deepEqual(await rows('c'), served(chain))
})
