import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChainMismatchError } from '../../src/errors.ts'
import type { Datasource } from '../../src/datasources/datasource.ts'
import { simulateChain, TestClock } from '../../src/testing/index.ts'
import { neverAborted, openIndexing, ref } from './indexing-fixture.ts'

test('indexes every level to the head, and can undo those that are not final', async (t) => {
  const { process, rows, journalled } = await openIndexing(t)
  const chain = simulateChain({ seed: 1, length: 500, finality: 10 })
  const { start, follower } = process(chain.datasource())
  assert.deepEqual(await start(), { type: 'head' })
  assert.deepEqual(await rows(), chain.canonical().map(ref))
  assert.deepEqual(
    await journalled(),
    Array.from({ length: 10 }, (_, offset) => 490 + offset),
  )
  assert.deepEqual(follower.status, {
    name: 'transfers',
    level: 499,
    timestamp: chain.canonical().at(-1)?.timestamp,
    head: 499,
    synchronized: true,
    orphanedFrom: undefined,
  })
})

test('levels that the source leaves out are skipped, and counted as done', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 2, length: 700, finality: 20, emptyShare: 0.8 })
  const { start, progress } = process(chain.datasource())
  await start()
  const served = chain.canonical().filter(({ level, events }) => level > 679 || events.length > 0)
  assert.deepEqual(await rows(), served.map(ref))
  assert.equal(progress.at(-1)?.level, 699)
  assert.equal(
    progress.reduce((sum, { levels }) => sum + levels, 0),
    700,
  )
})

test('goes on at the cursor after a restart, and does nothing twice', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 3, length: 300 })
  await process(chain.datasource()).start()
  chain.extend(30)
  const second = process(chain.datasource())
  assert.deepEqual(await second.start(), { type: 'head' })
  assert.deepEqual(await rows(), chain.canonical().map(ref))
  assert.equal(
    second.progress.reduce((sum, { levels }) => sum + levels, 0),
    30,
  )
})

test('a head that grows on the way is caught up with before it counts as reached', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 4, length: 20 })
  const { start } = process(chain.datasource(), {
    handler: ({ level }) => {
      if (level === 10) chain.extend(5)
    },
  })
  await start()
  assert.equal((await rows()).length, 25)
})

test('begins at firstLevel, ends at lastLevel once no reorg can reach it', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 5, length: 40, finality: 10 })
  const { start, advance, follow } = process(chain.datasource(), { firstLevel: 20, lastLevel: 35 })
  assert.deepEqual(await start(), { type: 'head' })
  const expected = () =>
    chain
      .canonical()
      .filter(({ level }) => level >= 20 && level <= 35)
      .map(ref)
  assert.deepEqual(await rows(), expected())

  chain.reorg(6, 8)
  assert.deepEqual(await follow(), [{ fromLevel: 35, toLevel: 33 }])
  assert.deepEqual(await rows(), expected())
  chain.extend(10)
  assert.deepEqual(await advance(), { type: 'lastLevel' })
})

test('a source may begin later than level 0', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 6, firstLevel: 1_000, length: 30, finality: 5_000 })
  const datasource = chain.datasource()
  // A source that cannot tell what is final: its first levels are not, and are still left out.
  await process({ ...datasource, finalized: () => Promise.resolve(undefined) }).start()
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('the next ranges are on their way while handlers run', async (t) => {
  const { process } = await openIndexing(t)
  const chain = simulateChain({ seed: 7, length: 2_000, finality: 10 })
  const datasource = chain.datasource()
  const asked: string[] = []
  let handled = -1
  const ahead: number[] = []
  const { start } = process(
    {
      ...datasource,
      blocks: (from, to, call) => {
        asked.push(`${from}-${to}`)
        ahead.push(from - handled - 1)
        return datasource.blocks(from, to, call)
      },
    },
    {
      handler: ({ level }) => {
        handled = level
      },
    },
  )
  await start()
  assert.deepEqual(asked.slice(0, 3), ['0-1', '2-5', '6-9'])
  // The second once the first was handled, so that its rows are there soon; from then on before those before it were.
  assert.deepEqual(ahead.slice(0, 4), [0, 0, 4, 8])
})

test('ranges that are there by then share a transaction, and leave together when it fails', async (t) => {
  const { process, rows, refs } = await openIndexing(t)
  const chain = simulateChain({ seed: 12, length: 200, finality: 0 })
  const ranges: number[] = []
  const source = chain.datasource()
  const counted: Datasource = {
    ...source,
    blocks: (from, to, call) => {
      ranges.push(from)
      return source.blocks(from, to, call)
    },
  }
  let failed: readonly number[] = []
  const { start } = process(counted, {
    handler: ({ level }) => {
      if (level !== 120 || failed.length > 0) return
      failed = [...ranges]
      throw new Error('not this time')
    },
  })
  await assert.rejects(start(), /not this time/)
  const committed = await refs()
  assert.deepEqual(
    await rows(),
    chain
      .canonical()
      .slice(0, (committed.at(-1) ?? -1) + 1)
      .map(ref),
  )
  assert.ok(failed.length > committed.length + 1, `${failed.length} ranges, ${committed.length} commits`)

  await process(counted).start()
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('progress is told at most every 100 ms, and at the end', async (t) => {
  const { process } = await openIndexing(t)
  const clock = new TestClock()
  const chain = simulateChain({ seed: 8, length: 50 })
  const { start, advance, progress } = process(chain.datasource(), { clock })
  await start()
  assert.deepEqual(progress, [
    { level: 0, hash: chain.block(0)?.hash, head: 49, levels: 1, synchronized: false },
    { level: 49, hash: chain.head.hash, head: 49, levels: 49, synchronized: true },
  ])
  await advance()
  assert.equal(progress.length, 2)
})

test('what is final is pruned, many levels at a time, and what is not can still be undone', async (t) => {
  const { process, journalled, refs, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 9, length: 30, finality: 20 })
  const { start, advance, follow } = process(chain.datasource())
  await start()
  assert.equal((await journalled()).length, 20)
  for (let step = 0; step < 15; step += 1) {
    chain.extend(7)
    await advance()
  }
  assert.equal((await journalled()).length < 80, true)
  assert.equal((await refs()).length <= (await journalled()).length + 1, true)
  chain.reorg(19)
  assert.deepEqual(await follow(), [{ fromLevel: 134, toLevel: 115 }])
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('pruning that fails loses no level', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 10, length: 200, finality: 20 })
  const { start } = process(chain.datasource(), { prune: () => Promise.reject(new Error('pruning failed')) })
  assert.deepEqual(await start(), { type: 'head' })
  assert.equal((await rows()).length, 200)
})

test('another chain than the one indexed is refused, and nothing is touched', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 11, length: 10 })
  await process(chain.datasource()).start()
  const other = process(simulateChain({ seed: 12, length: 20 }).datasource())
  await assert.rejects(other.start(), (error) => {
    assert.ok(error instanceof ChainMismatchError)
    assert.match(
      error.message,
      /"transfers" was indexed from chain simulated:11, but .* serves chain simulated:12/,
    )
    return true
  })
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('a chain that was only looked at may be changed', async (t) => {
  const { process } = await openIndexing(t)
  const wrong = process(simulateChain({ seed: 13 }).datasource())
  await wrong.follower.prepare(neverAborted().signal)
  assert.deepEqual(await process(simulateChain({ seed: 14 }).datasource()).start(), { type: 'head' })
})

test('a table made between levels is tracked before the next level that can be undone', async (t) => {
  const { process, database, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 15, length: 10 })
  const { start, advance, tracked } = process(chain.datasource())
  await start()
  assert.equal(tracked(), 1)
  await database.sql`create table later (id int primary key)`
  chain.extend()
  await advance()
  assert.equal(tracked(), 2)
  assert.equal((await rows()).length, 11)
})
