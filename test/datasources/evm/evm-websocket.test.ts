import assert from 'node:assert/strict'
import test from 'node:test'
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
