import assert from 'node:assert/strict'
import test from 'node:test'
import { evm } from '../../../src/datasources/evm.ts'
import { simulateChain, TestClock } from '../../../src/testing/index.ts'
import { isError } from './open-simulated.ts'
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
