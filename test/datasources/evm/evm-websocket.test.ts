import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { evm } from '../../../src/datasources/evm.ts'
import { simulateChain, TestClock } from '../../../src/testing/index.ts'
import { endSocket } from '../../../src/datasources/web-socket.ts'
import { isError, logs } from './open-simulated.ts'
import { startProxyNode } from './proxy-node.ts'
import { answersOf } from './simulated-node.ts'
import { startSocketNode } from './socket-node.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }

test('a socket whose server went silent is given up after one timeout, and another one opened', async (t) => {
  const node = await startSocketNode(t, answersOf(simulateChain({ seed: 1, length: 20 })))
  const clock = new TestClock()
  const datasource = evm({ url: node.url, clock })
  t.after(() => datasource.close?.())
  assert.equal((await datasource.head(call)).level, 19)
  const unheard = node.silence()
  const head = datasource.head(call)
  await unheard
  await Promise.all([
    assert.rejects(head, isError(/eth_getBlockByNumber: no answer within 10 s$/, true)),
    clock.advance(10_000),
  ])
  assert.equal((await datasource.head(call)).level, 19)
  assert.equal(node.connections, 2)
})

test('a server that takes connections and never opens them is left with none of ours', async (t) => {
  let open = 0
  const over = new EventEmitter()
  const server = createServer((socket) => {
    open += 1
    socket.on('error', () => {})
    socket.on('close', () => {
      open -= 1
      over.emit('closed')
    })
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const datasource = evm({ url, timeout: 100 })
  for (let tries = 0; tries < 3; tries += 1)
    await assert.rejects(datasource.head(call), isError(/no answer within 0.1 s$/, true))
  while (open > 0) await once(over, 'closed', { signal: AbortSignal.timeout(5_000) })
})

test('a call that nobody waits for any more leaves the socket to the others', async (t) => {
  const node = await startSocketNode(t, answersOf(simulateChain({ seed: 1, length: 20 })))
  const datasource = evm({ url: node.url })
  t.after(() => datasource.close?.())
  await datasource.head(call)
  const stop = new AbortController()
  const stopped = datasource.head({ ...call, signal: stop.signal })
  const other = datasource.head(call)
  stop.abort(new Error('enough'))
  await assert.rejects(stopped, /enough/)
  assert.equal((await other).level, 19)
  assert.equal(node.connections, 1)
})

const HOUR = 3_600_000

test('heads are pushed again after the datasource was closed, and one that cannot be read does no harm', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const answer = answersOf(chain)
  const node = await startSocketNode(t, answer)
  const http = await startProxyNode(t, answer)
  const datasource = evm({ url: [http.url, node.url], pollInterval: HOUR, logs })
  t.after(() => datasource.close?.())
  for (let life = 1; life <= 2; life += 1) {
    await datasource.head(call)
    const changed = datasource.changed?.(call)
    await node.subscribed(life)
    chain.extend()
    node.push({ number: '0x7' })
    node.push(null)
    node.push(await answer({ method: 'eth_getBlockByNumber', params: ['latest', false] }, undefined as never))
    await changed
    assert.equal((await datasource.head(call)).level, chain.head.level)
    node.push({ number: '0x7' })
    const { level } = chain.head
    assert.equal((await datasource.blocks(level, level, { ...call, finalized: 5 })).length, 1)
    await datasource.close?.()
  }
})

/** Requests go by http, heads come by a socket, and are asked for every 5 ms. */
async function openFeed(t: TestContext, pushing = '0x5') {
  const chain = simulateChain({ seed: 1, length: 20 })
  const answer = answersOf(chain)
  const socket = await startSocketNode(t, (one, request) =>
    one.method === 'eth_chainId' ? pushing : answer(one, request),
  )
  const http = await startProxyNode(t, answer)
  const datasource = evm({ url: [http.url, socket.url], pollInterval: 5 })
  t.after(() => datasource.close?.())
  const notes: string[] = []
  const noted = { ...call, note: (message: string) => void notes.push(message) }
  await datasource.head(noted)
  /** The chain grows by a block, which is found by asking. */
  const next = async (): Promise<void> => {
    const changed = datasource.changed?.(noted)
    chain.extend()
    await changed
    await datasource.head(noted)
  }
  return { socket, notes, next }
}

test('a feed whose socket the server ended subscribes anew', async (t) => {
  const { socket, next } = await openFeed(t)
  for (let life = 1; life <= 3; life += 1) {
    await untilDone(socket.subscribed(life), next)
    socket.hangUp()
  }
})

test('a node of another chain is not asked to push heads beside those of this one, and it is told', async (t) => {
  const { socket, notes, next } = await openFeed(t, '0x7')
  let isAsked = false
  void socket.subscribed(1).then(() => (isAsked = true))
  while (!notes.some((note) => note.includes('serves chain'))) await next()
  for (let heads = 0; heads < 3; heads += 1) await next()
  assert.equal(isAsked, false)
  assert.match(
    notes[0] ?? '',
    /^ws:\/\/127\.0\.0\.1:\d+ serves chain 0x7, and not 0x5: the heads that it pushes are not taken$/,
  )
})

test('a feed that is silent while heads are found by asking is given up, and told, less and less often', async (t) => {
  const { socket, next, notes } = await openFeed(t)
  await untilDone(socket.subscribed(1), next)
  notes.length = 0
  const before = socket.connections
  // It does subscribe, and pushes nothing.
  for (let heads = 1; heads <= 100; heads += 1) await next()
  const anew = socket.connections - before
  assert.ok(anew >= 1 && anew <= 6, String(anew))
  assert.match(notes[0] ?? '', /^ws:\/\/127\.0\.0\.1:\d+ pushes no heads any more: it is asked to anew$/)
})

async function untilDone(done: Promise<void>, step: () => Promise<void>): Promise<void> {
  let isDone = false
  void done.then(() => (isDone = true))
  while (!isDone) await step()
}

test('a pushed head of a branch that is gone is taken for its block once, and then the node is asked', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const answer = answersOf(chain)
  const node = await startSocketNode(t, (one, request) =>
    one.method === 'eth_getLogs' ? [] : answer(one, request),
  )
  const clock = new TestClock()
  const datasource = evm({ url: node.url, clock, blocks: 'header' })
  t.after(() => datasource.close?.())
  await datasource.head(call)
  const changed = datasource.changed?.(call)
  await node.subscribed(1)
  const block = chain.extend()
  assert.ok(block)
  const hex = (value: number) => `0x${value.toString(16)}`
  const gone = { number: hex(20), hash: '0xdead', parentHash: '0xbeef', timestamp: '0x1' }
  node.push(gone)
  await changed
  const read = async () => (await datasource.blocks(20, 20, { ...call, finalized: 5 }))[0]?.hash
  assert.equal(await read(), '0xdead')
  assert.equal(await read(), chain.head.hash)
})

test('name, password and headers of a WebSocket are sent when it opens', async (t) => {
  const node = await startSocketNode(t, answersOf(simulateChain({ seed: 1, length: 20 })))
  const url = node.url.replace('ws://', 'ws://user:s%20cret@')
  const datasource = evm({ url, headers: { 'x-key': 'k' } })
  t.after(() => datasource.close?.())
  await datasource.head(call)
  const { headers } = node.requests[0] ?? {}
  assert.equal(headers?.authorization, `Basic ${Buffer.from('user:s cret').toString('base64')}`)
  assert.equal(headers['x-key'], 'k')
})

test('a socket is cut off when it is closed, whether its server answers or not', async (t) => {
  const listeners: string[] = []
  const socket = {
    send: () => {},
    close: () => void listeners.push('close'),
    terminate: () => void listeners.push('terminate'),
    addEventListener: () => {},
  }
  endSocket(socket)
  assert.deepEqual(listeners, ['close', 'terminate'])
  const node = await startSocketNode(t, answersOf(simulateChain({ seed: 1, length: 20 })))
  const datasource = evm({ url: node.url })
  await datasource.head(call)
  const closed = node.closed()
  await datasource.close?.()
  await closed
})
