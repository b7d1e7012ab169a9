import assert from 'node:assert/strict'
import test from 'node:test'
import { bytesOfBlock } from '../../src/datasources/evm/bytes-of-block.ts'
import { sizeOf } from '../../src/datasources/tzkt/size-of.ts'
import { evm } from '../../src/datasources/evm.ts'
import { tzkt } from '../../src/datasources/tzkt.ts'
import { simulateChain } from '../../src/testing/index.ts'
import { startProxyNode } from './evm/proxy-node.ts'
import { answersOf, LOG_ADDRESS } from './evm/simulated-node.ts'
import { open } from './tzkt/open-local-tzkt.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, finalized: 20 }

test('a log counts with its data, and a transaction with its input', () => {
  const transfer = bytesOfBlock({ logs: [{ data: `0x${'00'.repeat(32)}` }] })
  assert.equal(transfer, 1_500)
  // As text, and as an argument.
  assert.equal(bytesOfBlock({ logs: [{ data: `0x${'ab'.repeat(50_032)}` }] }), transfer + 200_000)
  const called = bytesOfBlock({ logs: [], transactions: [{ input: '0xa9059cbb' }, {}] })
  assert.equal(bytesOfBlock({ logs: [], transactions: [{ input: 'x'.repeat(10_300) }, {}] }), called + 10_000)
})

test('what a node answered with is counted, data and all', async (t) => {
  const event = 'event Height(uint256 level)'
  const answer = answersOf(simulateChain({ seed: 1, length: 20 }))
  const node = await startProxyNode(t, (one, request) => {
    const result = answer(one, request)
    if (one.method !== 'eth_getLogs') return result
    return (result as { data: string }[]).map((log) => ({ ...log, data: log.data + '00'.repeat(50_000) }))
  })
  const datasource = evm({ url: node.url, logs: [{ address: LOG_ADDRESS, event }] })
  const [block] = await datasource.blocks(7, 7, call)
  assert.ok(block)
  assert.ok((datasource.bytesOf?.(block) ?? 0) > 200_000)
})

test('a block of TzKT counts with its rows', async (t) => {
  const { datasource } = await open(t, {}, { emptyShare: 0 })
  const [block] = await datasource.blocks(7, 7, call)
  assert.ok(block && block.operations.length > 0)
  const { bytesOf } = datasource
  const [first] = block.operations
  const storage = { ledger: ['x'.repeat(50_000)] }
  const large = { ...block, operations: [{ ...first, storage }] } as unknown as typeof block
  assert.ok((bytesOf?.(large) ?? 0) > 50_000)
  assert.ok((bytesOf?.(block) ?? 0) > JSON.stringify(block, (_, value: unknown) => String(value)).length)
})

test('a value that holds itself has a size', () => {
  const value: Record<string, unknown> = { a: 'text', b: 7n, c: null, d: undefined }
  value['self'] = [value]
  assert.ok(sizeOf(value) > 0)
  assert.equal(sizeOf(undefined), 0)
  assert.ok(tzkt({ url: 'https://api.tzkt.io' }).bytesOf !== undefined)
})
