import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockRef, Datasource } from '../../src/datasources/datasource.ts'
import { DatasourceError } from '../../src/errors.ts'
import { simulateChain, TestClock } from '../../src/testing/index.ts'
import { neverAborted, openIndexing, ref } from './indexing-fixture.ts'

test('an answer that cannot be used is refused: who, what was asked, what is wrong', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 1, length: 10 })
  chain.garble({ method: 'blocks' })
  await assert.rejects(process(chain.datasource()).start(), (error) => {
    assert.ok(error instanceof DatasourceError)
    assert.match(
      error.message,
      /index "transfers": simulated chain \(seed 1\) was asked for levels 0 to 1, .* null is no block/,
    )
    assert.equal(error.retriable, true)
    return true
  })
  assert.deepEqual(await rows(), [])
})

test('a head, a finality and a chain that are none are refused', async (t) => {
  const { process } = await openIndexing(t)
  const datasource = simulateChain({ seed: 2, length: 3 }).datasource()
  const wrong: readonly [Partial<Datasource>, RegExp][] = [
    [{ head: async () => ({}) as BlockRef }, /asked for its head.*its level is undefined/],
    [{ finalized: async () => 1.5 }, /asked for what is final.*no level/],
    [{ chain: async () => '' }, /asked for its chain.*no name/],
  ]
  for (const [part, message] of wrong) {
    await assert.rejects(process({ ...datasource, ...part }).start(), message)
  }
})

test('an answer that does not link is asked for again, and refused in the end', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 3, length: 10 })
  const { start, advance } = process(chain.datasource())
  chain.lie({ times: 2 })
  assert.deepEqual(await start(), { type: 'head' })
  assert.deepEqual(await rows(), chain.canonical().map(ref))

  // One range.
  chain.extend(4)
  chain.lie({ times: 3 })
  await assert.rejects(advance(), /the parent of level 12 is .*, but level 11 is .* – 3 times/)
  assert.deepEqual(await advance(), { type: 'head' })
  assert.equal((await rows()).length, 14)
})

test('a block on another parent, while ours is still there, is no reorg', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 4, length: 10 })
  const { start, advance } = process(chain.datasource())
  await start()
  chain.extend()
  const datasource = chain.datasource()
  const liar = process({
    ...datasource,
    blocks: async (from, to, call) =>
      (await datasource.blocks(from, to, call)).map((block) =>
        block.level === 10 ? { ...block, parentHash: '0xlie' } : block,
      ),
  })
  await assert.rejects(liar.start(), (error) => {
    assert.ok(error instanceof DatasourceError)
    assert.match(error.message, /contradicts itself: the parent of level 10 is 0xlie, but level 9 is/)
    return true
  })
  assert.equal((await rows()).length, 10)
  await advance()
  assert.equal((await rows()).length, 11)
})

test('a head without its blocks is an error that can be retried, not an endless loop', async (t) => {
  const { process } = await openIndexing(t)
  const chain = simulateChain({ seed: 5, length: 10 })
  const { start, follower } = process({ ...chain.datasource(), blocks: async () => [] })
  await assert.rejects(start(), /contradicts itself: it told of level 9, and has no level 6/)
  assert.equal(follower.status.synchronized, false)
})

test('a source that has no block at all any more proves no reorg', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 6, length: 10 })
  await process(chain.datasource()).start()
  chain.extend()
  await assert.rejects(process({ ...chain.datasource(), blocks: async () => [] }).start(), DatasourceError)
  assert.equal((await rows()).length, 10)
})

test('errors of a source that are not its own are wrapped, and kept', async (t) => {
  const { process } = await openIndexing(t)
  const chain = simulateChain({ seed: 7, length: 10 })
  const cause = new TypeError('fetch failed')
  const { start, advance, follower } = process(chain.datasource())
  for (const [method, asked] of [
    ['chain', 'its chain'],
    ['head', 'its head'],
    ['finalized', 'what is final'],
    ['blocks', 'levels 0 to 1'],
  ] as const) {
    chain.fail({ method, error: cause })
    await assert.rejects(start(), (error) => {
      assert.ok(error instanceof DatasourceError)
      assert.match(error.message, new RegExp(`index "transfers": simulated chain.* asked for ${asked}`))
      assert.equal(error.cause, cause)
      return true
    })
  }
  const own = new DatasourceError('this node is no archive', { retriable: false })
  chain.fail({ method: 'head', error: own })
  await assert.rejects(advance(), (error) => error === own)
  chain.fail({ method: 'changed', error: cause })
  await assert.rejects(follower.waitForHead(neverAborted()), /asked for a new head/)
})

for (const [whose, own, seconds] of [
  ['its time', undefined, 30],
  ["the source's own time, where that is longer", 90_000, 90],
] as const) {
  test(`a call that hangs is given up after ${whose}, also by a source that does not listen`, async (t) => {
    const { process } = await openIndexing(t)
    const clock = new TestClock()
    const chain = simulateChain({ seed: 8, length: 10 })
    const asked = withResolvers()
    const { start } = process(
      {
        ...chain.datasource(),
        ...(own && { timeout: own }),
        head: () => {
          asked.resolve()
          return new Promise(() => {})
        },
      },
      { clock, timeout: 30_000 },
    )
    const outcome = assert.rejects(
      start(),
      new RegExp(`asked for its head, and did not answer in ${seconds} s`),
    )
    await asked.promise
    await clock.advance(seconds * 1_000 - 1)
    assert.equal(clock.pending, 1)
    await clock.advance(1)
    await outcome
    assert.equal(clock.pending, 0)
  })
}

test('a range that fails is asked for in smaller parts', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 9, length: 300, finality: 5 })
  const datasource = chain.datasource()
  const sizes: number[] = []
  const { start, advance } = process({
    ...datasource,
    blocks: (from, to, call) => {
      sizes.push(to - from + 1)
      if (to - from >= 20) return Promise.reject(new Error('query returned more than 10000 results'))
      return datasource.blocks(from, to, call)
    },
  })
  await assert.rejects(start(), DatasourceError)
  assert.deepEqual(await advance(), { type: 'head' })
  const refused = sizes.indexOf(32)
  assert.deepEqual(sizes.slice(0, refused), [2, 4, 4, 4, 4, 8, 16])
  const after = sizes.slice(sizes.lastIndexOf(32) + 1)
  assert.ok(after.length >= 10 && after.every((size) => size <= 16), String(sizes))
  assert.equal((await rows()).length, 300)
})

test('a source that does not push is looked at again after the poll interval', async (t) => {
  const { process } = await openIndexing(t)
  const clock = new TestClock()
  const { changed: _, ...datasource } = simulateChain({ seed: 10 }).datasource()
  const { start, follower } = process(datasource, { clock, pollInterval: 1_000 })
  await start()
  const waiting = follower.waitForHead(neverAborted())
  await clock.advance(999)
  assert.equal(clock.pending, 1)
  await clock.advance(1)
  await waiting
})

test('a pushed head ends the waiting, also one that came before', async (t) => {
  const { process } = await openIndexing(t)
  const chain = simulateChain({ seed: 11 })
  const { start, follower } = process(chain.datasource())
  await start()
  const waiting = follower.waitForHead(neverAborted())
  chain.extend()
  await waiting
  await follower.waitForHead(neverAborted())
})

function withResolvers() {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve: () => resolve() }
}
