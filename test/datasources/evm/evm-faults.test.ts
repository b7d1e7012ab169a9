import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { evm, type EvmOptions } from '../../../src/datasources/evm.ts'
import { DatasourceError } from '../../../src/errors.ts'
import { simulateChain, TestClock } from '../../../src/testing/index.ts'
import { startProxyNode, type Answer, type Takeover } from './proxy-node.ts'
import { answersOf, heightEvent, LOG_ADDRESS } from './simulated-node.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }
const logs = [{ address: LOG_ADDRESS, event: heightEvent }] as const
const levels = (blocks: readonly { level: number }[]) => blocks.map(({ level }) => level)

const isError = (message: RegExp, retriable: boolean) => (error: unknown) => {
  assert.ok(error instanceof DatasourceError)
  assert.match(error.message, message)
  assert.equal(error.retriable, retriable, `${error.message}: retriable`)
  return true
}

test('a range that is too large for the node is split until it fits', async (t) => {
  for (const words of [
    'query returned more than 10000 results',
    'eth_getLogs is limited to a 10,000 range',
    'block range is too wide',
    'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range',
    'exceed maximum block range: 50000',
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

test('other refusals are not tried again here', async (t) => {
  const { datasource, node } = await open(t, ({ method }, answer) => {
    if (method === 'eth_getLogs') throw Object.assign(new Error('rate limit exceeded'), { code: -32_005 })
    return answer()
  })
  const read = datasource.blocks(3, 18, { ...call, finalized: 18 })
  await assert.rejects(
    read,
    isError(/^http:\/\/127.0.0.1:\d+: eth_getLogs: rate limit exceeded \(-32005\)$/, true),
  )
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

for (const [what, takeover, message] of [
  ['a page', html(200), /answered 200 with text\/html, which is no JSON-RPC$/],
  ['a page that says 404', html(404), /answered 404 with text\/html/],
  ['other JSON', json({ hello: 'world' }), /answered 200 with application\/json, which is no JSON-RPC$/],
  ['a list of nothing', json([]), /no JSON-RPC/],
  ['nothing', json(''), /no JSON-RPC/],
] as const) {
  test(`an address that answers with ${what} is a wrong one, until it was right once`, async (t) => {
    let wrong = true
    const { datasource } = await open(t, undefined, {}, (...args) => wrong && takeover(...args))
    await assert.rejects(datasource.head(call), (error) => {
      assert.ok(error instanceof DatasourceError)
      assert.match(error.hint ?? '', /URL of an EVM node/)
      return isError(message, false)(error)
    })
    wrong = false
    await datasource.head(call)
    wrong = true
    await assert.rejects(datasource.head(call), isError(message, true))
  })
}

test('an overloaded node or a proxy without one passes', async (t) => {
  for (const status of [429, 502, 503]) {
    const { datasource } = await open(t, undefined, {}, html(status))
    await assert.rejects(
      datasource.head(call),
      isError(new RegExp(`answered ${status} with text/html`), true),
    )
  }
})

test('a connection that is refused, or ends in the middle, passes', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const datasource = evm({ url: `http://127.0.0.1:${port}` })
  await assert.rejects(datasource.head(call), isError(/ended its answer in the middle/, true))
  await new Promise((resolve) => server.close(resolve))
  await assert.rejects(
    datasource.head(call),
    isError(new RegExp(`^http://127.0.0.1:${port} refuses connections: nothing listens there$`), true),
  )
})

test('a host that is none is a wrong address', async () => {
  const datasource = evm({ url: 'http://node.invalid' })
  await assert.rejects(datasource.head(call), (error) => {
    // Without a name service at all the machine cannot know: that passes.
    const known = /no such host/.test(String(error))
    return isError(/^http:\/\/node\.invalid cannot be found/, !known)(error)
  })
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

test('a node without the tag cannot tell what is final; one that is at its limit may', async (t) => {
  let words = 'finalized block not found'
  const { datasource } = await open(t, ({ params }, answer) => {
    if (params[0] === 'finalized') throw new Error(words)
    return answer()
  })
  assert.equal(await datasource.finalized?.(call), undefined)
  words = 'Too Many Requests'
  await assert.rejects(datasource.finalized?.(call) ?? Promise.resolve(), isError(/Too Many Requests/, true))
})

test('a request that takes too long fails, and one that is aborted ends at once', async (t) => {
  const { datasource } = await open(t, undefined, { timeout: 30 }, () => true)
  await assert.rejects(datasource.head(call), isError(/eth_getBlockByNumber: no answer within 30 ms/, true))
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

test('what the URL hides is sent, and seen nowhere', async (t) => {
  const secrets = ['hans', 'gehe!m', 'gehe%21m', 'k3y-in-the-path-0123', 'k3y-in-the-query']
  const seen: (string | undefined)[] = []
  const node = await startProxyNode(t, (_, request) => {
    seen.push(request.headers.authorization, request.url)
    throw new Error(`project k3y-in-the-path-0123 of hans may not: ${request.url}`)
  })
  const url = `${node.url.replace('://', '://hans:gehe%21m@')}/v3/k3y-in-the-path-0123?apikey=k3y-in-the-query`
  const datasource = evm({ url })
  assert.equal(datasource.description, `evm ${node.url}`)
  await assert.rejects(datasource.head(call), (error: Error) => {
    for (const text of [inspect(error), inspect(datasource, { depth: 9 }), JSON.stringify(datasource)]) {
      for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in: ${text}`)
    }
    return true
  })
  assert.deepEqual(seen, [
    `Basic ${Buffer.from('hans:gehe!m').toString('base64')}`,
    '/v3/k3y-in-the-path-0123?apikey=k3y-in-the-query',
  ])
})

async function open(
  t: TestContext,
  answer: (call: Parameters<Answer>[0], answer: () => unknown) => unknown = (_, real) => real(),
  options: Partial<EvmOptions> = {},
  takeover?: Takeover,
) {
  const real = answersOf(simulateChain({ seed: 1, length: 20 }))
  const node = await startProxyNode(t, (one, request) => answer(one, () => real(one, request)), takeover)
  return { node, datasource: evm({ url: node.url, logs, ...options }) }
}

function html(status: number): Takeover {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end('<html>no node</html>')
    return true
  }
}

function json(body: unknown): Takeover {
  return (_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(body === '' ? '' : JSON.stringify(body))
    return true
  }
}
