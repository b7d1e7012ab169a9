import assert from 'node:assert/strict'
import test from 'node:test'
import { evm, type LogFilter } from '../../../src/datasources/evm.ts'
import { simulateChain } from '../../../src/testing/index.ts'
import { openIndexing } from '../../indexing/indexing-fixture.ts'
import { startProxyNode } from './proxy-node.ts'
import { answersOf, LOG_ADDRESS } from './simulated-node.ts'

const url = 'http://localhost:8545'
const selection = (...logs: LogFilter[]) => JSON.stringify(evm({ url, logs }).selection)
const INDEXED_A = 'event E(address indexed a, address b)'
const INDEXED_B = 'event E(address a, address indexed b)'

test('what is selected tells what the handler gets: names of arguments, and which are indexed', () => {
  const texts = [
    INDEXED_A,
    INDEXED_B,
    'event E(address indexed from, address b)',
    'event E(address a, address b)',
    'event E(address indexed, address b)',
  ].map((event) => selection({ event }))
  assert.equal(new Set(texts).size, texts.length)
  assert.notEqual(
    selection({ event: 'event T((uint256 a) x)' }),
    selection({ event: 'event T((uint256 b) x)' }),
  )
})

test('the order of filters is told where it decides what reads a log, and only there', () => {
  const [a, b] = [{ event: INDEXED_A }, { event: INDEXED_B }]
  assert.notEqual(selection(a, b), selection(b, a))
  const other = { event: 'event F(address a)' }
  assert.equal(selection(a, other), selection(other, a))
  // As of ERC-20 and ERC-721: the number of topics tells them apart.
  const none = { event: 'event E(address a, address b)' }
  assert.equal(selection(a, none), selection(none, a))
})

test('an index with other names of arguments is not given what was kept for another', async (t) => {
  const node = await startProxyNode(t, answersOf(simulateChain({ seed: 1, length: 100, finality: 20 })))
  const { process } = await openIndexing(t)
  for (const [name, event, args] of [
    ['a', 'event Height(uint256 level)', { level: 50n }],
    ['b', 'event Height(uint256 height)', { height: 50n }],
  ] as const) {
    const seen: unknown[] = []
    const datasource = evm({ url: node.url, logs: [{ address: LOG_ADDRESS, event }] })
    const handler = (block: { level: number }) => {
      if (block.level === 50) seen.push((block as unknown as { logs: { args: unknown }[] }).logs[0]?.args)
    }
    await process(datasource, { name, cache: true, handler }).start()
    assert.deepEqual(seen, [args])
  }
})
