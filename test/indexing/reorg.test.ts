import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datasource } from '../../src/datasources/datasource.ts'
import { RollbackError } from '../../src/errors.ts'
import { simulateChain, type SimulatedBlock } from '../../src/testing/index.ts'
import { openIndexing, ref } from './indexing-fixture.ts'

for (const [name, depth, length] of [
  ['of the same height', 3, 3],
  ['to a higher head', 2, 6],
  ['to a lower head', 5, 2],
  ['of one block', 1, 1],
  ['as deep as finality', 15, 15],
] as const) {
  test(`a reorg ${name} is found at the common ancestor`, async (t) => {
    const { process, rows } = await openIndexing(t)
    const chain = simulateChain({ seed: name, length: 40, finality: 15 })
    const { start, follow, follower } = process(chain.datasource())
    await start()
    chain.reorg(depth, length)
    assert.deepEqual(await follow(), [{ fromLevel: 39, toLevel: 39 - depth }])
    assert.deepEqual(await rows(), chain.canonical().map(ref))
    assert.equal(follower.status.synchronized, true)
  })
}

for (const [finality, jump] of [
  [2, 4],
  [15, 40],
  [64, 80],
] as const) {
  test(`a reorg is found behind ${jump} new levels without data, with a finality of ${finality}`, async (t) => {
    const { process, rows } = await openIndexing(t)
    const chain = simulateChain({ seed: 'jump', length: 100, finality })
    const { start, follow } = process(chain.datasource())
    await start()
    chain.reorg(1, 1)
    chain.extend(jump, { empty: true })
    assert.deepEqual(await follow(), [{ fromLevel: 99, toLevel: 98 }])
    const of99 = (await rows()).filter((row) => row.startsWith('99:'))
    assert.deepEqual(of99, chain.canonical().slice(99, 100).map(ref))
  })
}

test('an index that reported a reorg is not synchronized, and has touched nothing', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 1, length: 20 })
  const { start, advance, follower } = process(chain.datasource())
  await start()
  const before = await rows()
  chain.reorg(4)
  assert.deepEqual(await advance(), { type: 'reorg', fromLevel: 19, toLevel: 15 })
  assert.equal(follower.status.synchronized, false)
  assert.deepEqual(await rows(), before)
})

test('a reorg during catch-up is found before the first block of the other branch', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 2, length: 300, finality: 290 })
  const { follow, follower } = process(chain.datasource(), {
    handler: ({ level }) => {
      if (level === 150 && chain.head.level === 299) chain.reorg(180, 190)
    },
  })
  await follower.prepare(new AbortController().signal)
  const [reorg] = await follow()
  assert.deepEqual(reorg?.toLevel, 119)
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('a reorg while the process was down is found first', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 3, length: 50 })
  await process(chain.datasource()).start()
  chain.reorg(6, 12)
  const { start, follow } = process(chain.datasource())
  assert.deepEqual(await start(), { type: 'reorg', fromLevel: 49, toLevel: 43 })
  await follow()
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('a reorg on the way back from a reorg is found, too', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 4, length: 30 })
  const { start, follow } = process(chain.datasource())
  await start()
  chain.reorg(3)
  chain.before('blocks', () => chain.reorg(8, 9))
  assert.equal((await follow()).length >= 1, true)
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('the first level indexed can be taken off', async (t) => {
  const { process, rows, database } = await openIndexing(t)
  const chain = simulateChain({ seed: 5, length: 12 })
  const { start, follow } = process(chain.datasource(), { firstLevel: 10 })
  await start()
  chain.reorg(4)
  assert.deepEqual(await follow(), [{ fromLevel: 11, toLevel: 9 }])
  assert.deepEqual(await rows(), chain.canonical().slice(10).map(ref))
  assert.equal((await database.sql`select from pawl.block`).length, 2)
})

test('a chain that began anew under the same name is indexed anew while all can be undone', async (t) => {
  const { process, rows } = await openIndexing(t)
  await process(simulateChain({ seed: 6, length: 9, chain: 'dev' }).datasource()).start()
  const anew = simulateChain({ seed: 7, length: 5, chain: 'dev' })
  const { follow, follower } = process(anew.datasource())
  await follower.prepare(new AbortController().signal)
  assert.deepEqual(await follow(), [{ fromLevel: 8, toLevel: -1 }])
  assert.deepEqual(await rows(), anew.canonical().map(ref))
})

test('deeper than what can be undone is an error that says so, and nothing is touched', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 8, length: 60, finality: 10 })
  const { start, advance } = process(chain.datasource())
  await start()
  const before = await rows()
  chain.reorg(25)
  await assert.rejects(advance(), (error) => {
    assert.ok(error instanceof RollbackError)
    assert.match(error.message, /"transfers".*simulated chain.*level 49.*cannot be undone/)
    assert.match(error.hint ?? '', /Nothing was reverted.*finality/s)
    return true
  })
  assert.deepEqual(await rows(), before)
})

test('a head below all that can be undone, on another chain, is too deep as well', async (t) => {
  const { process, rows } = await openIndexing(t)
  await process(simulateChain({ seed: 9, length: 90, finality: 10, chain: 'dev' }).datasource()).start()
  const lower = simulateChain({ seed: 10, length: 80, finality: 10, chain: 'dev' })
  await assert.rejects(process(lower.datasource()).start(), RollbackError)
  assert.equal((await rows()).length, 90)
})

test('a node that is behind is waited for: no reorg, told once', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 11, length: 50, finality: 20 })
  const told: string[] = []
  const logger = { ...silent(), debug: (message: string) => void told.push(message) }
  const { start, advance } = process(chain.datasource(), { logger })
  await start()
  const late = chain.reorg(3, 0).removed
  assert.deepEqual(await advance(), { type: 'head' })
  assert.deepEqual(await advance(), { type: 'head' })
  assert.deepEqual(told, ['the datasource is behind what is indexed'])
  assert.equal((await rows()).at(-1), ref(late.at(-1) as SimulatedBlock))
})

test('a node that is behind all that is kept is waited for', async (t) => {
  const { process } = await openIndexing(t)
  const chain = simulateChain({ seed: 12, length: 400, finality: 20 })
  const { start, advance } = process(chain.datasource())
  await start()
  chain.reorg(390, 0)
  assert.deepEqual(await advance(), { type: 'head' })
})

test('heads that come late, twice, or from a branch that is gone change nothing', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 13, length: 30 })
  const { start, follow, advance } = process(chain.datasource())
  await start()
  const gone = chain.reorg(4, 4).removed
  await follow()
  const before = await rows()
  for (const head of [...gone, chain.canonical()[20], chain.head, chain.head]) {
    chain.announce(head as SimulatedBlock)
    assert.deepEqual(await advance(), { type: 'head' })
  }
  assert.deepEqual(await rows(), before)
})

test('an empty block at the edge of finality is still a common ancestor', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 14, length: 20, finality: 10, emptyShare: 1 })
  const { start, advance, follow } = process(chain.datasource())
  await start()
  for (let level = 0; level < 60; level += 1) {
    chain.extend()
    await advance()
  }
  chain.reorg(10)
  assert.deepEqual(await follow(), [{ fromLevel: 79, toLevel: 69 }])
  assert.deepEqual((await rows()).slice(-10), chain.canonical().slice(-10).map(ref))
})

test('final levels without data below a reorg are neither asked for nor undone', async (t) => {
  const { process, refs, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 14, length: 300, finality: 10, emptyShare: 1 })
  const source = chain.datasource()
  const asked: number[] = []
  const datasource: Datasource = {
    ...source,
    refs: async (from, to, call) => {
      for (let level = from; level <= to; level += 1) asked.push(level)
      return source.blocks(from, to, { ...call, finalized: from - 1 })
    },
  }
  const { start, follow } = process(datasource)
  await start()
  const kept = await refs()
  asked.length = 0
  chain.reorg(10)
  const floor = 290 - 1
  assert.ok(!kept.includes(floor), 'the end of what is final has no data, and no ref')
  assert.deepEqual(await follow(), [{ fromLevel: 299, toLevel: floor }])
  assert.deepEqual((await rows()).slice(-10), chain.canonical().slice(-10).map(ref))
  assert.deepEqual(
    asked.filter((level) => !kept.includes(level)),
    [],
  )
})

test('two indexes over one chain are reverted each by itself', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 15, length: 30 })
  const [one, two] = ['one', 'two'].map((name) => process(chain.datasource(), { name }))
  await Promise.all([one?.start(), two?.start()])
  const before = await rows('two')
  chain.reorg(5)
  await one?.follow()
  assert.deepEqual(await rows('one'), chain.canonical().map(ref))
  assert.deepEqual(await rows('two'), before)
  await two?.follow()
  assert.deepEqual(await rows('two'), chain.canonical().map(ref))
})

function silent() {
  const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger }
  return logger
}
