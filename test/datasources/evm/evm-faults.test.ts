import assert from 'node:assert/strict'
import test from 'node:test'
import { evm } from '../../../src/datasources/evm.ts'
import { simulateChain, TestClock } from '../../../src/testing/index.ts'
import { isError, logs, open } from './open-simulated.ts'
import { startProxyNode } from './proxy-node.ts'
import { answersOf } from './simulated-node.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }
const levels = (blocks: readonly { level: number }[]) => blocks.map(({ level }) => level)

test('a range that is too large for the node is split until it fits', async (t) => {
  for (const words of [
    'query returned more than 10000 results',
    'eth_getLogs is limited to a 10,000 range',
    'block range is too wide',
    'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range',
    'exceed maximum block range: 50000',
    'ranges over 10000 blocks are not supported on freetier',
    'Maximum allowed number of requested blocks is 1000',
  ]) {
    const { datasource, node } = await open(t, ({ method, params }, answer) => {
      const [filter] = params as [{ fromBlock: string; toBlock: string }]
      if (method === 'eth_getLogs' && Number(filter.toBlock) - Number(filter.fromBlock) > 4)
        throw new Error(words)
      return answer()
    })
    const blocks = await datasource.blocks(3, 18, { ...call, finalized: 18 })
    assert.deepEqual(levels(blocks), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
    assert.equal(node.methods().filter((method) => method === 'eth_getLogs').length, 7)
  }
})

test('the header at the end of a final range is read once, with its logs', async (t) => {
  const { datasource, node } = await open(t, ({ method }, answer) =>
    method === 'eth_getLogs' ? [] : answer(),
  )
  assert.deepEqual(await datasource.blocks(3, 12, { ...call, finalized: 18 }), [])
  const [end] = (await datasource.refs?.(12, 12, call)) ?? []
  assert.deepEqual([end?.level, node.requests.length], [12, 1])
  assert.deepEqual(await datasource.refs?.(12, 12, call), [end])
  assert.equal(node.requests.length, 2)
})

test('other refusals are not tried again here', async (t) => {
  const { datasource, node } = await open(t, ({ method }, answer) => {
    if (method === 'eth_getLogs') throw Object.assign(new Error('internal error'), { code: -32_005 })
    return answer()
  })
  const read = datasource.blocks(3, 18, { ...call, finalized: 18 })
  await assert.rejects(
    read,
    isError(/^http:\/\/127.0.0.1:\d+: eth_getLogs: internal error \(-32005\)$/, true),
  )
  assert.equal(node.requests.length, 1)
})

test('a node that is behind what is final is not believed that there are no logs', async (t) => {
  const { datasource, node } = await open(t, ({ method, params }, answer) => {
    const [first] = params as [string]
    if (method === 'eth_getLogs') return (answer() as { blockNumber: string }[]).slice(0, 4)
    return method === 'eth_getBlockByNumber' && Number(first) > 10 ? null : answer()
  })
  const read = datasource.blocks(3, 18, { ...call, finalized: 18 })
  await assert.rejects(read, isError(/^http:\/\/127.0.0.1:\d+ has no level 18, which is final$/, true))
  assert.equal(node.requests.length, 1)
})

test('batches are as large as allowed, and single calls where only those are', async (t) => {
  for (const [batchSize, sizes] of [
    [7, [7, 7, 6]],
    [1, Array.from({ length: 20 }, () => 1)],
  ] as const) {
    const { datasource, node } = await open(t, undefined, { batchSize, logs: [] })
    assert.equal((await datasource.blocks(0, 19, { ...call, finalized: -1 })).length, 20)
    assert.deepEqual(
      node.requests.map(({ length }) => length),
      sizes,
    )
  }
})

test('answers of a batch may come in any order', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const answer = answersOf(chain)
  const node = await startProxyNode(t, answer, (calls, response, request) => {
    const answers = calls.map((one, id) => ({ jsonrpc: '2.0', id, result: answer(one, request) }))
    response.end(JSON.stringify(answers.reverse()))
    return true
  })
  const blocks = await evm({ url: node.url })
    .blocks(5, 9, { ...call, finalized: 7 })
    .catch(() => [])
  assert.deepEqual(levels(blocks), [5, 6, 7, 8, 9])
})

for (const [what, method, finalized, message] of [
  ['a header of another branch', 'eth_getBlockByNumber', -1, /level \d+ is not the child of level \d+/],
  ['a log of another block, above finality', 'eth_getLogs', -1, /a log of level \d+ is of another block/],
  [
    'a log of another block, at or below finality',
    'eth_getLogs',
    19,
    /a log of level \d+ is of another block/,
  ],
] as const) {
  test(`${what} is no block, but a reason to ask again`, async (t) => {
    const { datasource } = await open(t, ({ method: called, params }, answer) => {
      const result = answer() as Record<string, unknown> | { blockHash: string }[]
      if (called !== method) return result
      if (Array.isArray(result))
        return result.map((log, at) => (at === 0 ? { ...log, blockHash: '0xother' } : log))
      return params[0] === '0x8' ? { ...result, hash: '0xother' } : result
    })
    await assert.rejects(datasource.blocks(5, 12, { ...call, finalized }), isError(message, true))
  })
}

test('a log with something else where hex should be is a reason to ask again, and names it', async (t) => {
  for (const [field, value] of [
    ['data', `0x${'zz'.repeat(32)}`],
    ['topics', ['Transfer(address)']],
    ['topics', null],
    ['address', 7],
    ['blockNumber', '0x'],
    ['blockNumber', '12'],
    ['logIndex', null],
    ['transactionIndex', 'first'],
    ['blockTimestamp', 'now'],
  ] as const) {
    const { datasource } = await open(t, ({ method }, answer) => {
      const result = answer()
      return method === 'eth_getLogs' && Array.isArray(result)
        ? result.map((log: object) => ({ ...log, [field]: value }))
        : result
    })
    for (const finalized of [-1, 19]) {
      await assert.rejects(
        datasource.blocks(5, 12, { ...call, finalized }),
        isError(
          new RegExp(`eth_getLogs: answered with a log that cannot be read: its ${field} (is|are) `),
          true,
        ),
      )
    }
  }
  for (const [log, why] of [
    [null, /cannot be read: it is null$/],
    [{ topics: [], removed: true }, /cannot be read: its block left the chain \(removed: true\)$/],
  ] as const) {
    const { datasource } = await open(t, ({ method }, answer) =>
      method === 'eth_getLogs' ? [log] : answer(),
    )
    await assert.rejects(datasource.blocks(5, 12, { ...call, finalized: 19 }), isError(why, true))
  }
})

test('a reorg between the headers and their logs is a reason to ask again', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const answer = answersOf(chain)
  const node = await startProxyNode(t, (one, request) => {
    if (one.method === 'eth_getLogs' && chain.head.level === 19) chain.reorg(10, 12)
    return answer(one, request)
  })
  const datasource = evm({ url: node.url, logs })
  await assert.rejects(datasource.blocks(5, 15, { ...call, finalized: -1 }), isError(/unknown block/, true))
  const blocks = await datasource.blocks(5, 15, { ...call, finalized: -1 })
  assert.ok(blocks.every((block) => block.hash === chain.block(block.level)?.hash))
  assert.ok(blocks.every((block) => block.logs[0]?.blockHash === block.hash))
})

test('a node that lacks what is final is behind', async (t) => {
  const { datasource } = await open(t, undefined, { logs: [] })
  await assert.rejects(
    datasource.blocks(15, 25, { ...call, finalized: 25 }),
    isError(/has no level 20, which is final/, true),
  )
})

test('a method that the node has not is no passing trouble', async (t) => {
  const { datasource } = await open(t, ({ method }) => {
    throw Object.assign(new Error(`the method ${method} does not exist`), { code: -32_601 })
  })
  await assert.rejects(
    datasource.head(call),
    isError(/eth_getBlockByNumber: the method .* does not exist/, false),
  )
})

test('an answer that is no block is told as such', async (t) => {
  const { datasource } = await open(t, () => ({ hash: 7 }))
  await assert.rejects(
    datasource.head(call),
    isError(/a block that has no hash, parentHash, number or timestamp/, true),
  )
  await assert.rejects(
    datasource.chain?.(call) ?? Promise.resolve(),
    isError(/eth_chainId: answered with no number/, true),
  )
})

test('a full block whose transactions are only hashes, or not there, is a reason to ask again', async (t) => {
  for (const [transactions, gasUsed, passes] of [
    [['0xabc'], '0x5208', false],
    [[null], '0x5208', false],
    [null, '0x5208', false],
    [null, '0x0', true],
  ] as const) {
    const { datasource } = await open(
      t,
      ({ method }, answer) =>
        method === 'eth_getBlockByNumber' ? { ...(answer() as object), transactions, gasUsed } : answer(),
      { blocks: 'full', logs: [] },
    )
    const read = Promise.resolve(datasource.blocks(5, 5, { ...call, finalized: 10 }))
    if (passes) assert.equal((await read).length, 1)
    else
      await assert.rejects(read, isError(/answered with level 5 without its transactions as objects$/, true))
  }
})

test('a node without the tag cannot tell what is final; one that fails in another way may', async (t) => {
  for (const [words, code, isUnknown] of [
    ['finalized block not found', -32_000, true],
    ['Unknown block', -39_001, true],
    ['invalid argument 0: hex string without 0x prefix', -32_602, true],
    ['Too Many Requests', -32_000, false],
    ['Internal error', -32_603, false],
    ['header not found', -32_000, false],
    ['request timeout exceeded', -32_602, false],
  ] as const) {
    const { datasource } = await open(t, ({ params }, answer) => {
      if (params[0] === 'finalized') throw Object.assign(new Error(words), { code })
      return answer()
    })
    const finalized = Promise.resolve(datasource.finalized?.(call))
    if (isUnknown) assert.equal(await finalized, undefined)
    else await assert.rejects(finalized, isError(new RegExp(words), true))
  }
  const { datasource } = await open(t, ({ params }, answer) => (params[0] === 'finalized' ? null : answer()))
  assert.equal(await datasource.finalized?.(call), undefined)
})

test('a request that takes too long fails, and one that is aborted ends at once', async (t) => {
  const { datasource } = await open(t, undefined, { timeout: 30 }, () => true)
  await assert.rejects(datasource.head(call), isError(/eth_getBlockByNumber: no answer within 0\.03 s/, true))
  const controller = new AbortController()
  const reason = new Error('nobody waits')
  const waiting = datasource.head({ ...call, signal: controller.signal })
  controller.abort(reason)
  await assert.rejects(waiting, (error) => error === reason)
})

test('the head is asked for once a poll interval, and a wait that ends leaves no timer', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const node = await startProxyNode(t, answersOf(chain))
  const clock = new TestClock()
  const datasource = evm({ url: node.url, pollInterval: 1000, clock })
  const { level } = await datasource.head(call)
  const waiting = datasource.changed?.(call)
  await clock.advance(999)
  assert.equal(node.requests.length, 1)
  chain.extend()
  await clock.advance(1)
  await waiting
  assert.equal(node.requests.length, 2)
  assert.equal((await datasource.head(call)).level, level + 1)

  const controller = new AbortController()
  const aborted = datasource.changed?.({ ...call, signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(aborted ?? Promise.resolve(), /enough/)
  assert.equal(clock.pending, 0)
})
