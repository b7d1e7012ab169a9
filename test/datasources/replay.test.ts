import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { expectTypeOf } from 'expect-type'
import type { BlockRef } from '../../src/datasources/datasource.ts'
import { replay } from '../../src/datasources/replay.ts'
import { ConfigurationError, DatasourceError } from '../../src/errors.ts'
import { simulateChain, TestClock, type SimulatedBlock } from '../../src/testing/index.ts'
import { conformance } from './conformance.ts'
import { follow } from './follow.ts'

const { signal } = new AbortController()

conformance('replay of a simulated chain', { skip: false }, async (t) => {
  const chain = simulateChain({ seed: 9, length: 100 })
  const arrivals = [...chain.canonical(), ...chain.reorg(3).added]
  const datasource = replay({ file: await record(t, arrivals) })
  await datasource.head({ index: 'conformance', signal, cursor: arrivals.at(-2) })
  return { datasource, secrets: [] }
})

test('every line is a head, and a rollback on the way repeats none and skips none', async (t) => {
  const chain = simulateChain({ seed: 1, length: 5 })
  const arrivals = [...chain.canonical()]
  arrivals.push(...chain.reorg(3).added, ...chain.reorg(2, 3).added, ...chain.extend(2))
  for (const content of [ndjson(arrivals), gzipSync(ndjson(arrivals))]) {
    const datasource = replay<SimulatedBlock>({ file: await write(t, content) })
    const told: string[] = []
    const { blocks, reorgs } = await follow({
      ...datasource,
      head: async (call) => {
        const head = await datasource.head(call)
        if (told.at(-1) !== head.hash) told.push(head.hash)
        return head
      },
    })
    assert.deepEqual(blocks, chain.canonical())
    assert.deepEqual(reorgs, [3, 2])
    assert.deepEqual(
      told,
      arrivals.map(({ hash }) => hash),
    )
  }
})

test('as a chain that goes on, it tells the first arrivals at once and each further one after a while', async (t) => {
  const clock = new TestClock()
  const chain = simulateChain({ seed: 1, length: 5 })
  const file = await record(t, chain.canonical())
  const datasource = replay({ file, live: { after: 3, interval: 100 }, clock })
  const call = (level: number) => ({ index: 'i', signal, cursor: chain.block(level) })
  const head = async (level: number) => (await datasource.head(call(level))).level
  const blocks = await datasource.blocks(0, 2, { index: 'i', signal, finalized: -1 })
  assert.deepEqual(blocks, chain.canonical().slice(0, 3))
  assert.deepEqual([await head(-1), await head(2), await head(2)], [2, 2, 2])
  let changed = false
  const change = datasource.changed?.(call(2)).then(() => (changed = true))
  await clock.advance(99)
  assert.deepEqual([changed, await head(2)], [false, 2])
  await clock.advance(1)
  await change
  assert.deepEqual([await head(2), await head(3)], [3, 3])
  // After a restart too.
  const restarted = replay({ file, live: { after: 3, interval: 100 }, clock })
  assert.equal((await restarted.head(call(3))).level, 4)
})

test('an index whose cursor stops on its way to the head is told the same head again', async (t) => {
  const chain = simulateChain({ seed: 1, length: 5 })
  const [first, second, ...others] = chain.canonical()
  const datasource = replay({ file: await record(t, [first, ...others, second]) })
  const head = async (cursor: BlockRef | undefined) =>
    (await datasource.head({ index: 'i', signal, cursor })).level
  assert.equal(await head(undefined), 0)
  assert.equal(await head(first), 2)
  assert.equal(await head(second), 2)
  assert.equal(await head(others[0]), 3)
})

test('goes on after the last arrival of the cursor, each index on its own', async (t) => {
  const chain = simulateChain({ seed: 1, length: 6 })
  const blocks = chain.canonical()
  const datasource = replay({ file: await record(t, [...blocks.slice(0, 4), ...blocks.slice(2)]) })
  const head = (index: string, cursor: BlockRef | undefined) => datasource.head({ index, signal, cursor })
  assert.equal((await head('fresh', undefined)).level, 0)
  assert.equal((await head('restarted', blocks[3])).level, 4)
  assert.equal((await head('restarted', blocks[4])).level, 5)
  assert.equal((await head('of another chain', { ...blocks[3]!, hash: '0xother' })).level, 0)
  assert.equal((await head('done', blocks[5])).level, 5)
})

test('a process that is stopped anywhere and restarted ends with the same blocks', async (t) => {
  const chain = simulateChain({ seed: 2, length: 10 })
  const arrivals = [...chain.canonical()]
  for (let depth = 1; depth < 8; depth += 1) arrivals.push(...chain.reorg(depth, depth + 1).added)
  const file = await record(t, arrivals)
  let blocks: readonly SimulatedBlock[] = []
  for (const steps of [3, 1, 7, 2, 9, 4, 11, Infinity]) {
    ;({ blocks } = await follow(replay<SimulatedBlock>({ file }), { blocks, steps }))
  }
  assert.deepEqual(blocks, chain.canonical())
})

test('waits at the end until aborted, and says so once an index', async (t) => {
  const ended: string[] = []
  const blocks = simulateChain({ seed: 1, length: 2 }).canonical()
  const datasource = replay({ file: await record(t, blocks), onEnd: (index) => ended.push(index) })
  for (const cursor of [undefined, ...blocks, blocks[1]]) {
    const controller = new AbortController()
    const call = { index: 'i', signal: controller.signal, cursor }
    const head = await datasource.head(call)
    if (head.hash !== cursor?.hash) continue
    const waiting = datasource.changed?.(call)
    // An answer of another call is made after that of the first: by then it waits.
    await datasource.finalized?.(call)
    controller.abort(new Error('enough'))
    await assert.rejects(waiting ?? Promise.resolve(), /enough/)
  }
  assert.deepEqual(ended, ['i'])
})

test('what is final follows the highest level told, index by index', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const late = chain.canonical()[3]
  const datasource = replay({
    file: await record(t, [...chain.canonical(), late]),
    finality: 5,
    chain: 'x:1',
  })
  assert.equal(await datasource.finalized?.({ index: 'i', signal }), undefined)
  const head = await datasource.head({ index: 'i', signal, cursor: chain.canonical()[19] })
  assert.equal(head.level, 3)
  assert.equal(await datasource.finalized?.({ index: 'i', signal }), 14)
  assert.equal(await datasource.chain?.({ index: 'i', signal }), 'x:1')
})

test('a missing ancestor is an error above finality only, and none below the first level', async (t) => {
  const blocks = simulateChain({ seed: 1, firstLevel: 50, length: 30 }).canonical()
  const datasource = replay({ file: await record(t, [...blocks.slice(0, 10), ...blocks.slice(11)]) })
  await datasource.head({ index: 'i', signal, cursor: blocks[28] })
  const read = async (from: number, finalized: number) =>
    (await datasource.blocks(from, 62, { index: 'i', signal, finalized })).map(({ level }) => level)
  assert.deepEqual(await read(0, 60), [61, 62])
  assert.deepEqual(await read(61, 0), [61, 62])
  await assert.rejects(read(0, 59), /level 61, and not its parent/)
})

test('lines of another shape are read by a function', async (t) => {
  const file = await write(t, '{"number":"0x5","id":"a"}\n{"number":"0x6","id":"b"}\n')
  const datasource = replay({
    file,
    read: (record) => {
      const { number, id } = record as { number: string; id: string }
      return { level: Number(number), hash: id, parentHash: id === 'a' ? '-' : 'a', timestamp: 0, id }
    },
  })
  const { blocks } = await follow(datasource)
  assert.deepEqual(
    blocks.map(({ level, id }) => [level, id]),
    [
      [5, 'a'],
      [6, 'b'],
    ],
  )
  expectTypeOf(blocks[0]!.id).toEqualTypeOf<string>()
})

const good = '{"level":0,"hash":"a","parentHash":"-","timestamp":0}\n'
for (const [what, content, message] of [
  ['no JSON', `${good}\n{"level":`, /:3: not JSON: \{"level":/],
  ['no object', `${good}7`, /:2: a block is an object, this is 7/],
  ['a bad level', good.replace('0', '-1'), /:1: level is a number from 0 on, this is -1/],
  ['no hash', good.replace('"a"', '""'), /:1: hash is a text/],
  ['no parent', good.replace('"-"', 'null'), /:1: parentHash is a text, this is null/],
  ['a time that is none', good.replace('0}', '"now"}'), /:1: timestamp is a number of seconds, this is now/],
  ['a hash that is its own parent', good.replace('"-"', '"a"'), /:1: hash and parentHash are the same/],
  [
    'a hash twice',
    good + good.replace('"-"', '"b"'),
    /:2: the block a came before with another level or parent/,
  ],
  [
    'a level that cannot be',
    `${good}{"level":9,"hash":"b","parentHash":"a","timestamp":0}`,
    /:2: level 9 on a/,
  ],
  ['nothing', '\n\n', /holds no block/],
  ['half a gzip file', gzipSync(good.repeat(50)).subarray(0, 40), /starts as a gzip file/],
] as const) {
  test(`a file with ${what} is refused, naming file and line`, async (t) => {
    const file = await write(t, content)
    await assert.rejects(
      replay({ file }).head({ index: 'i', signal, cursor: undefined }),
      (error) =>
        error instanceof DatasourceError &&
        !error.retriable &&
        error.message.startsWith(file) &&
        message.test(error.message),
    )
  })
}

test('a missing file and senseless options are refused at once', async (t) => {
  const file = await write(t, good)
  assert.throws(() => replay({ file: '/no/such.ndjson' }), /replay\.file: cannot read \/no\/such\.ndjson/)
  assert.throws(() => replay({ file, finality: -1 }), ConfigurationError)
  for (const holdBack of [0, 1.5, 65, [3, 2]] as const) {
    assert.throws(() => replay({ file, holdBack: holdBack as number }), /replay\.holdBack: .* is no depth/)
  }
})

async function write(t: TestContext, content: string | Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-replay-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'chain.ndjson')
  await writeFile(file, content)
  return file
}

function ndjson(blocks: readonly unknown[]): string {
  return blocks.map((block) => JSON.stringify(block)).join('\n')
}

function record(t: TestContext, blocks: readonly unknown[]): Promise<string> {
  return write(t, ndjson(blocks))
}
