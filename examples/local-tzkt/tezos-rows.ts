import { createHash } from 'node:crypto'
import type { SimulatedBlock, SimulatedEvent } from 'pawl/testing'

export type Row = Readonly<Record<string, unknown>>

/** A token (FA2) whose transfers are what happens in the simulated blocks, and the factory of its markets. */
export const TOKEN = address('KT1', 'token')
export const FACTORY = address('KT1', 'factory')
export const LEDGER = 511
export const TOKEN_CODE = -1_120_012_485
const MARKET_CODE = 1_493_477_908
const MARKET_TYPE = -761_107_605

/** The lists of the API that it has rows for. */
export type List = 'blocks' | 'transactions' | 'originations' | 'events' | 'bigMaps' | 'tokenTransfers'

export const accountOf = (name: string): string => address('tz1', name)
export const blockHash = ({ hash }: { readonly hash: string }): string => `B${hash.slice(2, 52)}`

/**
 * What TzKT would tell of a simulated block, in the shape that its API has. Each event is a call of `transfer` with an event,
 * a change of the ledger and a token transfer; each eleventh level originates a market, each seventh pays somebody a tez.
 */
export function rowsOf(list: List, block: SimulatedBlock): readonly Row[] {
  switch (list) {
    case 'blocks':
      return [wholeBlock(block)]
    case 'transactions':
      return [
        ...block.events.map((event) => call(block, event)),
        ...(block.level % 7 === 0 ? [payment(block)] : []),
      ]
    case 'originations':
      return block.level % 11 === 0 ? [origination(block)] : []
    case 'events':
      return block.events.map((event) => contractEvent(block, event))
    case 'bigMaps':
      return block.events.map((event) => bigMapUpdate(block, event))
    case 'tokenTransfers':
      return block.events.map((event) => tokenTransfer(block, event))
  }
}

const TOKEN_ALIAS = { alias: 'Token', address: TOKEN }

const at = ({ level, timestamp }: SimulatedBlock) => ({ level, timestamp: timeOf(timestamp) })
const idOf = ({ level }: SimulatedBlock, index: number): number => level * 1_048_576 + index

const wholeBlock = (block: SimulatedBlock): Row => ({
  ...at(block),
  cycle: Math.floor(block.level / 100),
  hash: blockHash(block),
  proto: 1,
  payloadRound: 0,
  blockRound: 0,
  fees: 374 * block.events.length,
  nonceRevealed: false,
  proposer: { alias: 'Baker', address: accountOf('baker') },
  producer: { alias: 'Baker', address: accountOf('baker') },
})

const operation = (block: SimulatedBlock, index: number, sender: string) => ({
  ...at(block),
  id: idOf(block, index),
  block: blockHash(block),
  hash: `o${base58(`${block.hash} ${index}`).slice(0, 50)}`,
  counter: 4_000_000 + block.level + index,
  sender: { address: sender },
  status: 'applied',
  hasInternals: false,
})

const call = (block: SimulatedBlock, { index, from, to, amount }: SimulatedEvent): Row => ({
  ...operation(block, index, accountOf(from)),
  type: 'transaction',
  target: TOKEN_ALIAS,
  targetCodeHash: TOKEN_CODE,
  amount: 0,
  parameter: {
    entrypoint: 'transfer',
    value: [{ txs: [{ to_: accountOf(to), amount: String(amount), token_id: '0' }], from_: accountOf(from) }],
  },
  storage: { ledger: LEDGER, total_supply: '1000000' },
})

const payment = (block: SimulatedBlock): Row => ({
  ...operation(block, block.events.length, accountOf('account-0')),
  type: 'transaction',
  target: { address: accountOf('account-1') },
  amount: 1_000_000,
})

const origination = (block: SimulatedBlock): Row => ({
  ...operation(block, block.events.length + 1, FACTORY),
  type: 'origination',
  initiator: { address: accountOf('account-0') },
  nonce: 0,
  contractBalance: 0,
  storage: { token: TOKEN, opened: String(block.level) },
  originatedContract: {
    kind: 'smart_contract',
    address: address('KT1', `market ${block.hash}`),
    typeHash: MARKET_TYPE,
    codeHash: MARKET_CODE,
  },
})

const contractEvent = (block: SimulatedBlock, { index, from, to, amount }: SimulatedEvent): Row => ({
  ...at(block),
  id: idOf(block, index),
  contract: TOKEN_ALIAS,
  codeHash: TOKEN_CODE,
  tag: 'transfer_event',
  payload: { from_: accountOf(from), to_: accountOf(to), amount: String(amount) },
  transactionId: idOf(block, index),
})

const bigMapUpdate = (block: SimulatedBlock, { index, to, amount }: SimulatedEvent): Row => ({
  ...at(block),
  id: idOf(block, index),
  bigmap: LEDGER,
  contract: TOKEN_ALIAS,
  path: 'ledger',
  action: 'update_key',
  content: { hash: `expr${'x'.repeat(50)}`, key: accountOf(to), value: String(amount) },
})

const tokenTransfer = (block: SimulatedBlock, { index, from, to, amount }: SimulatedEvent): Row => ({
  ...at(block),
  id: idOf(block, index),
  token: { id: 1, contract: TOKEN_ALIAS, tokenId: '0', standard: 'fa2', totalSupply: '1000000' },
  from: { address: accountOf(from) },
  to: { address: accountOf(to) },
  amount: String(amount),
  transactionId: idOf(block, index),
})

/** As the API writes times. */
export function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** Of the right length and letters; its checksum is not. */
function address(prefix: string, name: string): string {
  return prefix + base58(name).slice(0, 33)
}

function base58(seed: string): string {
  return createHash('sha256').update(seed).digest('hex').replaceAll('0', 'x')
}
