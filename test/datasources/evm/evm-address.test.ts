import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import test from 'node:test'
import { inspect } from 'node:util'
import { evm } from '../../../src/datasources/evm.ts'
import { DatasourceError } from '../../../src/errors.ts'
import { simulateChain } from '../../../src/testing/index.ts'
import { isError, logs, open } from './open-simulated.ts'
import { startProxyNode, type Takeover } from './proxy-node.ts'
import { answersOf } from './simulated-node.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }

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

test('a key that is refused stops the index, also where the node says so in JSON-RPC', async (t) => {
  const error = { code: -32_000, message: 'Must be authenticated!' }
  const { datasource } = await open(t, undefined, {}, (_, response) => {
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 0, error }))
    return true
  })
  await assert.rejects(datasource.head(call), isError(/refuses access: it answered 401$/, false))
})

test('headers that cannot be sent are refused at once, and not shown', () => {
  for (const value of ['s3cret\nkey', 's3cret“']) {
    assert.throws(
      () => evm({ url: 'http://localhost:8545', headers: { 'x-api-key': value } }),
      (error: Error) =>
        error.message.startsWith('evm.headers: expected ') && !inspect(error).includes('s3cret'),
    )
  }
})

test('an overloaded node or a proxy without one passes', async (t) => {
  for (const status of [500, 502, 503]) {
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
    isError(
      new RegExp(
        `^http://127.0.0.1:${port} cannot be reached: nothing listens there \\(connection refused\\)$`,
      ),
      true,
    ),
  )
})

test('a host that is none is a wrong address', async () => {
  const datasource = evm({ url: 'http://node.invalid' })
  await assert.rejects(datasource.head(call), (error) => {
    // Without a name service at all the machine cannot know: that passes.
    const known = /no such host/.test(String(error))
    return isError(/^http:\/\/node\.invalid cannot be reached/, !known)(error)
  })
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

test('what is hidden does not hide what a node means', async (t) => {
  const real = answersOf(simulateChain({ seed: 1, length: 20 }))
  const node = await startProxyNode(t, (one, request) => {
    const [filter] = one.params as readonly [{ readonly fromBlock?: string; readonly toBlock?: string }]
    if (one.method === 'eth_getLogs' && filter.fromBlock !== filter.toBlock)
      throw Object.assign(new Error('query returned more than 10000 results'), { code: -32_005 })
    return real(one, request)
  })
  const datasource = evm({ url: node.url.replace('//', '//a:query@'), logs, batchSize: 1 })
  await datasource.blocks(4, 7, { ...call, finalized: 10 })
  assert.equal(node.methods().filter((method) => method === 'eth_getLogs').length, 7)
})

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
