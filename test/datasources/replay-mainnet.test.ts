import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { BlockRef } from '../../src/datasources/datasource.ts'
import { holdBackSideBlocks, replay } from '../../src/datasources/replay.ts'
import { conformance } from './conformance.ts'
import { follow } from './follow.ts'

// From dist/test/datasources/ to the folder beside the repository.
const data = new URL('../../../../shared/chain-data/', import.meta.url)
const file = new URL('ethereum-mainnet-0-8191.ndjson.gz', data)
const skip = existsSync(file) ? false : `no recorded chain at ${data.pathname}`
const { signal } = new AbortController()

interface MinedBlock extends BlockRef {
  readonly miner: string
  readonly uncles?: readonly string[]
}

interface Expected {
  readonly head: string
  readonly canonicalBlocks: number
  readonly rewardsWei: Readonly<Record<string, string>>
}

conformance('replay of mainnet', { skip }, async () => {
  const datasource = replay({ file })
  const arrivals = readLines()
  await datasource.head({ index: 'conformance', signal, cursor: arrivals.at(-3) })
  return { datasource, secrets: [] }
})

for (const { holdBack, deepest, reorgs } of [
  // Counted in the file: 1,410 side blocks, each told before the canonical block of its level.
  { holdBack: undefined, deepest: 1, reorgs: 1410 },
  // After each side block the canonical chain comes back: a reorg more, unless two side blocks of a level come together.
  { holdBack: 2, deepest: 2, reorgs: 2701 },
  { holdBack: [2, 20], deepest: 20, reorgs: undefined },
] as const) {
  const order = holdBack === undefined ? 'as they came' : `held back by ${JSON.stringify(holdBack)}`
  test(
    `mainnet's first blocks, side blocks ${order}, end with every miner's wei right`,
    { skip },
    async () => {
      const expected = JSON.parse(
        readFileSync(new URL('ethereum-mainnet-0-8191.expected.json', data), 'utf8'),
      ) as Expected
      const followed = await follow(replay<MinedBlock>({ file, ...(holdBack && { holdBack }) }))
      assert.equal(followed.blocks.length, expected.canonicalBlocks)
      assert.equal(followed.blocks.at(-1)?.hash, expected.head)
      assert.deepEqual(rewards(followed.blocks), expected.rewardsWei)
      assert.equal(Math.max(...followed.reorgs), deepest)
      if (reorgs !== undefined) assert.equal(followed.reorgs.length, reorgs)
    },
  )
}

test('holding back changes nothing but the order', { skip }, () => {
  const arrivals = readLines()
  const reordered = holdBackSideBlocks(arrivals, [2, 20])
  assert.equal(new Set(reordered).size, arrivals.length)
  assert.deepEqual(new Set(reordered), new Set(arrivals))
  assert.equal(reordered.at(-1), arrivals.at(-1))
})

test('the two reorgs of August 2021 are as deep as recorded', { skip }, async () => {
  const datasource = replay({
    file: new URL('ethereum-mainnet-2021-deep-reorgs.ndjson', data),
    read: (record) => {
      const { parentHash, ...block } = record as { level: number; hash: string; parentHash: string | null }
      return { ...block, parentHash: parentHash ?? 'not recorded', timestamp: 0 }
    },
  })
  const { reorgs, blocks } = await follow(datasource, { steps: 7 })
  assert.deepEqual(reorgs, [3])
  assert.equal(blocks.at(-1)?.hash, '0xdca194ddb314c1c4e3de10ccfcb88bf9183a78118a393e1b3860e5eb10dd7c6c')
})

function readLines(): readonly MinedBlock[] {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n')
  return lines.map((line) => JSON.parse(line) as MinedBlock)
}

/** 5 ether a block, 1/32 of it more for each uncle named; the uncle's miner gets (8 - distance)/8 of it. */
function rewards(blocks: readonly MinedBlock[]): Record<string, string> {
  const reward = 5n * 10n ** 18n
  const byHash = new Map(readLines().map((block) => [block.hash, block]))
  const wei = new Map<string, bigint>()
  const pay = (miner: string, amount: bigint) => wei.set(miner, (wei.get(miner) ?? 0n) + amount)
  for (const { level, miner, uncles = [] } of blocks) {
    if (level === 0) continue
    pay(miner, reward + (reward / 32n) * BigInt(uncles.length))
    for (const hash of uncles) {
      const uncle = byHash.get(hash)
      assert.ok(uncle)
      pay(uncle.miner, (reward * BigInt(8 - (level - uncle.level))) / 8n)
    }
  }
  return Object.fromEntries([...wei].map(([miner, amount]) => [miner, String(amount)]))
}
