import assert from 'node:assert/strict'
import test from 'node:test'
import { expectTypeOf } from 'expect-type'
import type { AbiEvent, Address, Hex, RpcLog } from 'viem'
import { parseAbi, parseAbiItem, toEventSelector } from 'viem/utils'
import type { Datasource } from '../../../src/datasources/datasource.ts'
import { evm, type EvmTransaction, type LogFilter } from '../../../src/datasources/evm.ts'
import { LogReader } from '../../../src/datasources/evm/log-filter.ts'
import { ConfigurationError } from '../../../src/errors.ts'

const url = 'http://localhost:8545'
const address = '0x0000000000000000000000000000000000000001'
const transfer = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)')
const nft = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 indexed id)')
const [approval, paused] = parseAbi(['event Approval(address indexed owner, uint8 kind)', 'event Paused()'])

type BlockOf<Source> = Source extends Datasource<infer Block> ? Block : never

test('arguments have the types of the event', () => {
  const source = evm({ url, logs: [{ address, event: transfer }] })
  type Log = BlockOf<typeof source>['logs'][number]
  expectTypeOf<Log['args']>().toEqualTypeOf<{ from: Address; to: Address; value: bigint }>()
  expectTypeOf<Log['eventName']>().toEqualTypeOf<'Transfer'>()
  expectTypeOf<BlockOf<typeof source>>().not.toHaveProperty('transactions')
  expectTypeOf<BlockOf<typeof source>['level']>().toEqualTypeOf<number>()
})

test('an event as Solidity writes it is the same, types and all', () => {
  const text = 'event Transfer(address indexed from, address indexed to, uint256 value)'
  const source = evm({ url, logs: [{ address, event: text }, { event: [approval, 'event Paused()'] }] })
  type Log = BlockOf<typeof source>['logs'][number]
  expectTypeOf<Log['eventName']>().toEqualTypeOf<'Transfer' | 'Approval' | 'Paused'>()
  expectTypeOf<Extract<Log, { eventName: 'Transfer' }>['args']>().toEqualTypeOf<{
    from: Address
    to: Address
    value: bigint
  }>()
  const parsed = evm({ url, logs: [{ address, event: transfer }, { event: [approval, paused] }] })
  assert.deepEqual(source.selection, parsed.selection)
})

test('a text that is no event is refused with one that is', () => {
  for (const event of ['Transfer(address)', 'event Transfer(adress from)', 'function transfer()', '']) {
    assert.throws(
      () => evm({ url, logs: [{ event }] }),
      (error) =>
        error instanceof ConfigurationError &&
        error.message ===
          `evm.logs[0].event: ${JSON.stringify(event)} is no event as Solidity writes it; expected one such as ` +
            `'event Paused(address account)', or an event of an ABI`,
    )
  }
})

test('several events are told apart by their names', () => {
  const source = evm({ url, logs: [{ event: [transfer, approval] }, { address: [address], event: paused }] })
  type Log = BlockOf<typeof source>['logs'][number]
  expectTypeOf<Log['eventName']>().toEqualTypeOf<'Transfer' | 'Approval' | 'Paused'>()
  expectTypeOf<Extract<Log, { eventName: 'Approval' }>['args']>().toEqualTypeOf<{
    owner: Address
    kind: number
  }>()
})

test('transactions are there only with full blocks', () => {
  const full = evm({ url, blocks: 'full' })
  expectTypeOf<BlockOf<typeof full>['transactions']>().toEqualTypeOf<readonly EvmTransaction[]>()
  expectTypeOf<BlockOf<typeof full>['logs'][number]>().toBeNever()
  const header = evm({ url, blocks: 'header' })
  expectTypeOf<BlockOf<typeof header>>().not.toHaveProperty('transactions')
  // @ts-expect-error there are headers and full blocks only
  void (() => evm({ url, blocks: 'whole' }))
})

test('two events of one selector are told apart by what is indexed', async () => {
  const reader = new LogReader([{ event: transfer }, { address, event: nft }])
  assert.deepEqual(reader.query, { topics: [[topicOf(transfer)]] })
  const word = `0x${'7'.padStart(64, '0')}` as const
  const raw = { ...RAW, address, topics: [topicOf(transfer), word, word, word] as const, data: '0x' as const }
  assert.deepEqual(await read(reader, raw), { from: A7, to: A7, id: 7n })
  assert.equal(await read(reader, { ...raw, address: `0x${'2'.repeat(40)}` }), undefined)
  assert.deepEqual(await read(reader, { ...raw, topics: raw.topics.slice(0, 3), data: word }), {
    from: A7,
    to: A7,
    value: 7n,
  })
  assert.equal(await read(reader, { ...raw, topics: raw.topics.slice(0, 3), data: '0x07' }), undefined)
  assert.equal(await read(reader, { ...raw, topics: [] }), undefined)
})

test('an event without arguments is read, too', async () => {
  const reader = new LogReader([{ address, event: paused }])
  assert.deepEqual(await read(reader, { ...RAW, address, topics: [topicOf(paused)], data: '0x' }), {})
})

test('what cannot be used is refused, all of it at once, and no URL is shown', () => {
  for (const bad of ['', 'localhost', 'ftp://user:geheim@host/', 'file:///etc/passwd', '127.0.0.1:8545']) {
    assert.throws(
      () => evm({ url: bad }),
      (error) =>
        error instanceof ConfigurationError &&
        /^evm\.url: (is|has) .*; expected the URL of a node, such as http:/.test(error.message) &&
        !error.message.includes('geheim'),
    )
  }
  const anonymous = { ...transfer, anonymous: true } as const
  assert.throws(
    () =>
      evm({
        url,
        logs: [
          { address: '0x12', event: anonymous },
          { address: [], event: [] },
        ],
      }),
    (error) => {
      assert.ok(error instanceof ConfigurationError)
      assert.deepEqual(
        error.issues.map(({ path }) => path),
        ['evm.logs[0].address', 'evm.logs[0].event', 'evm.logs[1].address', 'evm.logs[1].event'],
      )
      return true
    },
  )
  assert.throws(() => evm({ url, pollInterval: 0, batchSize: 1.5 }), /pollInterval.*\n.*batchSize/)
})

const A7 = '0x0000000000000000000000000000000000000007'
const RAW = {
  blockHash: '0x1',
  blockNumber: '0x1',
  logIndex: '0x0',
  transactionHash: '0x1',
  transactionIndex: '0x0',
  removed: false,
} as const

function topicOf(event: AbiEvent): Hex {
  return toEventSelector(event)
}

async function read(reader: LogReader<readonly LogFilter[]>, raw: object): Promise<unknown> {
  const log = (await reader.ready())(raw as RpcLog)
  return log && log.args
}
