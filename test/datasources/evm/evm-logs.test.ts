import assert from 'node:assert/strict'
import test from 'node:test'
import { evm } from '../../../src/datasources/evm.ts'
import { eventSelector } from '../../../src/datasources/evm/event-selector.ts'
import { LogsBloom } from '../../../src/datasources/evm/logs-bloom.ts'
import { simulateChain } from '../../../src/testing/index.ts'
import { startAnvil, withoutAnvil } from '../../support/anvil.ts'
import { deployLogEmitter, transferEvent } from './log-emitter.ts'
import { isError, logs, open } from './open-simulated.ts'
import { startProxyNode } from './proxy-node.ts'
import { answersOf, LOG_ADDRESS } from './simulated-node.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }
const recent = { ...call, finalized: 5 }

test('a node that answers with no logs for a block that it does not have is not believed', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20, emptyShare: 0 })
  const real = answersOf(chain)
  const lacks = { logs: false, block: false }
  const node = await startProxyNode(t, (one, request) => {
    if (one.method === 'eth_getLogs' && lacks.logs) return []
    if (one.method === 'eth_getBlockByHash' && lacks.block) return null
    return real(one, request)
  })
  const datasource = evm({ url: node.url, logs })
  lacks.logs = lacks.block = true
  await assert.rejects(
    datasource.blocks(17, 19, recent),
    isError(/it does not have level 17, which it told of$/, true),
  )
  // A node that has the block is believed, and one that has it by now has its logs.
  lacks.block = false
  assert.deepEqual((await datasource.blocks(19, 19, recent))[0]?.logs, [])
  let asked = 0
  const late = await startProxyNode(t, (one, request) =>
    one.method === 'eth_getLogs' && (asked += 1) === 1 ? [] : real(one, request),
  )
  const [block] = await evm({ url: late.url, logs }).blocks(19, 19, recent)
  assert.equal(block?.logs.length, 1)
})

test('a header whose bloom has none of the logs is enough', async (t) => {
  const full = `0x${'ff'.repeat(256)}`
  const other = `0x${'00'.repeat(255)}01`
  for (const [logsBloom, isAsked] of [
    [full, true],
    [`0x${'00'.repeat(256)}`, true],
    [undefined, true],
    [other, false],
  ] as const) {
    const { datasource, node } = await open(t, ({ method }, answer) => {
      if (method === 'eth_getLogs') return []
      const result = answer() as object | null
      return method === 'eth_getBlockByNumber' && result !== null ? { ...result, logsBloom } : result
    })
    await datasource.blocks(19, 19, recent)
    assert.equal(node.methods().includes('eth_getBlockByHash'), isAsked, String(logsBloom).slice(0, 8))
  }
})

test(
  "a real node's blooms exclude what is not in its blocks, and nothing that is",
  { skip: withoutAnvil },
  async (t) => {
    const anvil = await startAnvil(t)
    const emitter = await deployLogEmitter(anvil)
    await emitter.emit('0x0000000000000000000000000000000000000b0b', 1)
    await anvil.rpc('evm_mine')
    let level = Number(await anvil.rpc('eth_blockNumber'))
    const read = () =>
      anvil.rpc<{ logsBloom: string }>('eth_getBlockByNumber', [`0x${level.toString(16)}`, false])
    let block = await read()
    for (; /^0x0*$/.test(block.logsBloom); block = await read()) level -= 1
    const selector = eventSelector(transferEvent)
    const excludes = (address: string, topic: `0x${string}`) =>
      new LogsBloom({ address: [address], topics: [[topic]] }).excludes(block)
    assert.equal(excludes(emitter.address, selector), false)
    assert.equal(excludes(`0x${'12'.repeat(20)}`, selector), true)
    assert.equal(excludes(emitter.address, `0x${'12'.repeat(32)}`), true)
    assert.equal(new LogsBloom({ topics: [[selector, `0x${'12'.repeat(32)}`]] }).excludes(block), false)
  },
)

test('a log that comes twice is one; two of one number in a transaction are a reason to ask again', async (t) => {
  for (const finalized of [19, 5]) {
    for (const [second, count] of [
      [{}, 1],
      // There are chains whose numbers begin anew in each transaction.
      [{ transactionHash: '0xother' }, 2],
      [{ data: `0x${'8'.padStart(64, '0')}` }, undefined],
      [{ address: LOG_ADDRESS.toUpperCase().replace('X', 'x') }, 1],
    ] as const) {
      const { datasource } = await open(t, ({ method }, answer) =>
        method === 'eth_getLogs'
          ? (answer() as object[]).flatMap((log) => [log, { ...log, ...second }])
          : answer(),
      )
      const blocks = datasource.blocks(7, 7, { ...call, finalized })
      if (count === undefined)
        await assert.rejects(
          blocks,
          isError(/answered with two logs of the number 0 in transaction 0x/, true),
        )
      else assert.equal((await blocks)[0]?.logs.length, count)
    }
  }
})
