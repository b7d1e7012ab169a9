import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { evm } from '../../src/datasources/evm.ts'
import { tzkt } from '../../src/datasources/tzkt.ts'
import { isError } from './evm/open-simulated.ts'
import { startProxyNode } from './evm/proxy-node.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal }
const headers = { 'x-api-key': 's3cret' }

/** Sends whoever asks to another place: an URL, or a path of its own. */
async function startSignpost(t: TestContext, status: number, location: string) {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    request.resume()
    response.writeHead(status, { location }).end('moved')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

/** The same server to a browser it is not: another name. */
const elsewhere = (url: string): string => url.replace('127.0.0.1', 'localhost')

for (const status of [301, 302, 307, 308]) {
  test(`a node that redirects by ${status} is followed with its calls, but keys go to no other host`, async (t) => {
    const node = await startProxyNode(t, () => '0x5')
    const signpost = await startSignpost(t, status, elsewhere(node.url))
    assert.equal(await evm({ url: signpost.url }).chain?.(call), 'evm:5')
    assert.deepEqual(node.methods(), ['eth_chainId'])
    const refused = isError(/ redirects to http:\/\/localhost:\d+, which is not told the headers/, false)
    for (const datasource of [
      evm({ url: signpost.url, headers }),
      evm({ url: signpost.url.replace('//', '//hans:geheim@') }),
    ])
      await assert.rejects(Promise.resolve(datasource.chain?.(call)), refused)
    assert.equal(node.requests.length, 1)
  })
}

test('keys of TzKT go to no other host', async (t) => {
  const other = await startSignpost(t, 200, '/')
  const signpost = await startSignpost(t, 302, elsewhere(other.url))
  await assert.rejects(
    Promise.resolve(tzkt({ url: signpost.url, headers, webSocket: false }).chain?.(call)),
    isError(/\/v1\/head: it redirects to http:\/\/localhost:\d+, which is not told the headers/, false),
  )
  assert.deepEqual([signpost.seen.length, other.seen.length], [1, 0])
})

test('a redirect in a circle ends, and one to no URL is told', async (t) => {
  const circle = await startSignpost(t, 307, '/again')
  await assert.rejects(
    Promise.resolve(evm({ url: circle.url, headers }).chain?.(call)),
    isError(/ redirects 5 times and more$/, false),
  )
  assert.equal(circle.seen.length, 6)
  assert.ok(circle.seen.every((request) => request.headers['x-api-key'] === 's3cret'))
  const lost = await startSignpost(t, 307, 'http://[')
  await assert.rejects(
    Promise.resolve(evm({ url: lost.url }).chain?.(call)),
    isError(/ answered 307, and redirects to no URL$/, false),
  )
})
