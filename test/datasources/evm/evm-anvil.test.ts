import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { getAddress, toHex } from 'viem/utils'
import type { Anvil } from '../../../examples/anvil/start-anvil.ts'
import { evm } from '../../../src/datasources/evm.ts'
import { startAnvil, withoutAnvil } from '../../support/anvil.ts'
import { conformance } from '../conformance.ts'
import { follow } from '../follow.ts'
import { deployLogEmitter, transferEvent, type LogEmitter } from './log-emitter.ts'
import { startProxyNode } from './proxy-node.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }
const ALICE = '0x00000000000000000000000000000000000a11ce'
const BOB = '0x0000000000000000000000000000000000000b0b'

for (const { protocol, blocks } of [
  { protocol: 'http', blocks: undefined },
  { protocol: 'http', blocks: 'header' },
  { protocol: 'http', blocks: 'full' },
  { protocol: 'ws', blocks: undefined },
] as const) {
  conformance(`evm over ${protocol}, blocks: ${blocks}`, { skip: withoutAnvil }, async (t) => {
    const { anvil, emitter } = await start(t)
    await anvil.rpc('anvil_mine', [toHex(60), toHex(1)])
    await mine(anvil, emitter, 30)
    const datasource = evm({
      url: `${anvil.url.replace('http', protocol)}/?key=geheim`,
      logs: [{ address: emitter.address, event: transferEvent }],
      pollInterval: 10,
      ...(blocks && { blocks }),
    })
    t.after(() => datasource.close?.())
    return {
      datasource,
      secrets: ['geheim'],
      extend: () => mine(anvil, emitter, 1),
      reorg: (depth, length) => reorg(anvil, emitter, depth, length),
    }
  })
}

test(
  'logs come decoded, with their block, from the contract and event asked for',
  { skip: withoutAnvil },
  async (t) => {
    const { anvil, emitter } = await start(t)
    const other = await deployLogEmitter(anvil)
    await emitter.emit(ALICE, 7)
    await other.emit(ALICE, 8)
    await emitter.emit(BOB, 9)
    await anvil.rpc('evm_mine')
    const datasource = evm({ url: anvil.url, logs: [{ address: emitter.address, event: transferEvent }] })
    for (const finalized of [-1, 99]) {
      const head = await datasource.head(call)
      const block = (await datasource.blocks(0, head.level, { ...call, finalized })).at(-1)
      assert.ok(block)
      assert.deepEqual(
        block.logs.map(({ args: { from, to, value } }) => [from, to.toLowerCase(), value]),
        [
          [getAddress(emitter.from), ALICE, 7n],
          [getAddress(emitter.from), BOB, 9n],
        ],
      )
      for (const log of block.logs) {
        assert.equal(log.blockHash, head.hash)
        assert.equal(log.blockNumber, BigInt(head.level))
        assert.equal(log.eventName, 'Transfer')
      }
      assert.equal(block.hash, head.hash)
    }
  },
)

test(
  'what is final takes one eth_getLogs and the headers of levels with logs',
  { skip: withoutAnvil },
  async (t) => {
    const { anvil, emitter } = await start(t)
    for (let level = 2; level <= 60; level += 1) {
      if (level % 20 === 0) await emitter.emit(ALICE, level)
      await anvil.rpc('evm_mine')
    }
    const node = await startProxyNode(t, ({ method, params }) => anvil.rpc(method, params))
    const datasource = evm({ url: node.url, logs: [{ address: emitter.address, event: transferEvent }] })
    const blocks = await datasource.blocks(0, 60, { ...call, finalized: 60 })
    assert.deepEqual(
      blocks.map(({ level, logs }) => [level, logs[0]?.args.value]),
      [
        [20, 20n],
        [40, 40n],
        [60, 60n],
      ],
    )
    assert.deepEqual(
      node.requests.map((calls) => calls.map(({ method }) => method)),
      [
        ['eth_getLogs', 'eth_getBlockByNumber'],
        ['eth_getBlockByNumber', 'eth_getBlockByNumber', 'eth_getBlockByNumber'],
      ],
    )

    node.requests.length = 0
    const mixed = await datasource.blocks(39, 43, { ...call, finalized: 41 })
    assert.deepEqual(
      mixed.map(({ level }) => level),
      [40, 42, 43],
    )
    assert.deepEqual(
      node.requests.map((calls) => calls.map(({ method }) => method)),
      [
        ['eth_getLogs', 'eth_getBlockByNumber'],
        ['eth_getBlockByNumber'],
        ['eth_getBlockByNumber', 'eth_getBlockByNumber'],
        ['eth_getLogs', 'eth_getLogs'],
        // Both are empty, and so are their blooms, which says nothing: whether the node has them is asked.
        ['eth_getBlockByHash', 'eth_getLogs', 'eth_getBlockByHash', 'eth_getLogs'],
      ],
    )
  },
)

test('full blocks hold their transactions, also above finality', { skip: withoutAnvil }, async (t) => {
  const { anvil, emitter } = await start(t)
  await emitter.emit(ALICE, 1)
  await anvil.rpc('evm_mine')
  const datasource = evm({ url: anvil.url, blocks: 'full' })
  for (const finalized of [-1, 2]) {
    const blocks = await datasource.blocks(0, 2, { ...call, finalized })
    assert.deepEqual(
      blocks.map(({ transactions }) => transactions.length),
      [0, 1, 1],
    )
    assert.equal(blocks[2]?.transactions[0]?.to, emitter.address)
    assert.ok((blocks[2]?.gasUsed ?? 0n) > 21_000n)
  }
})

test("chain and finality are the node's", { skip: withoutAnvil }, async (t) => {
  const anvil = await startAnvil(t, { slotsInAnEpoch: 4, args: ['--chain-id', '77'] })
  await anvil.rpc('anvil_mine', ['0x14'])
  const datasource = evm({ url: anvil.url })
  assert.equal(await datasource.chain?.(call), 'evm:77')
  assert.equal(await datasource.finalized?.(call), 12)
})

test('a follower keeps up with anvil_reorg, anvil_rollback and growth', { skip: withoutAnvil }, async (t) => {
  const { anvil, emitter } = await start(t)
  const logs = [{ address: emitter.address, event: transferEvent }]
  const datasource = evm({ url: anvil.url, logs, blocks: 'header' })
  let blocks = (await follow(datasource)).blocks
  const depths: number[] = []
  await mine(anvil, emitter, 30)
  for (const depth of [1, 5, 20]) {
    blocks = (await follow(datasource, { blocks })).blocks
    await anvil.rpc('anvil_reorg', [depth, []])
    const same = await follow(datasource, { blocks })
    await reorg(anvil, emitter, depth, depth - 1)
    const lower = await follow(datasource, { blocks: same.blocks })
    depths.push(...same.reorgs, ...lower.reorgs)
    blocks = lower.blocks
    await mine(anvil, emitter, 2)
  }
  assert.deepEqual(depths, [1, 1, 5, 5, 20, 20])
  const followed = await follow(datasource, { blocks })
  assert.deepEqual(
    followed.blocks,
    await datasource.blocks(0, followed.blocks.length - 1, { ...call, finalized: -1 }),
  )
})

test('a socket that broke is opened again with the next call', { skip: withoutAnvil }, async (t) => {
  const anvil = await startAnvil(t)
  const url = anvil.url.replace('http', 'ws')
  const datasource = evm({ url })
  t.after(() => datasource.close?.())
  await datasource.head(call)
  await anvil.stop()
  await assert.rejects(datasource.head(call), /broke the WebSocket connection/)
  await assert.rejects(datasource.head(call), /cannot be reached by WebSocket/)
  await startAnvil(t, { port: Number(new URL(url).port) })
  assert.equal((await datasource.head(call)).level, 0)
})

async function start(t: TestContext): Promise<{ anvil: Anvil; emitter: LogEmitter }> {
  const anvil = await startAnvil(t)
  return { anvil, emitter: await deployLogEmitter(anvil) }
}

/** Every third block with logs, all of them with a time of their own: a block mined again would else be the same one. */
async function mine(anvil: Anvil, emitter: LogEmitter, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    if (index % 3 === 0) await emitter.emit(ALICE, index)
    await anvil.rpc('evm_increaseTime', [1])
    await anvil.rpc('evm_mine')
  }
}

async function reorg(anvil: Anvil, emitter: LogEmitter, depth: number, length: number): Promise<void> {
  await anvil.rpc('anvil_rollback', [depth])
  await anvil.rpc('evm_increaseTime', [100])
  await mine(anvil, emitter, length)
}
