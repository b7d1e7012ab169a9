import * as v from 'valibot'
import { account, maybe, whole, type Feed } from './feed.ts'
import type {
  BigMapFilter,
  EventFilter,
  OriginationFilter,
  TokenTransferFilter,
  TransactionFilter,
} from './tzkt-filter.ts'
import type {
  TezosBigMapUpdate,
  TezosEvent,
  TezosOrigination,
  TezosTokenTransfer,
  TezosTransaction,
} from './tzkt-block.ts'

// A call of a contract without a parameter is one of `default` with Unit, and TzKT shows neither.
const DEFAULT_ENTRYPOINT = 'default'
const UNIT = {}

const operation = {
  id: whole,
  level: whole,
  block: v.string(),
  hash: v.string(),
  counter: whole,
  nonce: maybe(whole),
  initiator: account,
  sender: v.pipe(
    v.object({ address: v.string() }),
    v.transform(({ address }) => address),
  ),
  storage: v.optional(v.unknown()),
}
const OPERATION_FIELDS = ['id', 'level', 'block', 'hash', 'counter', 'nonce', 'initiator', 'sender']

const transactionRow = v.object({
  ...operation,
  target: account,
  targetCodeHash: maybe(whole),
  amount: whole,
  parameter: maybe(v.object({ entrypoint: v.string(), value: v.optional(v.unknown()) })),
})
type TransactionRow = v.InferOutput<typeof transactionRow>

const entrypointOf = ({ parameter, target }: TransactionRow): string | undefined =>
  parameter?.entrypoint ?? (target?.startsWith('KT1') === true ? DEFAULT_ENTRYPOINT : undefined)

export const transactions: Feed<TransactionFilter, TransactionRow, TezosTransaction> = {
  what: 'transaction',
  path: '/v1/operations/transactions',
  parameters: { status: 'applied' },
  picks: [
    { field: 'target', parameter: 'target', of: (row) => row.target },
    { field: 'sender', parameter: 'sender', of: (row) => row.sender },
    { field: 'initiator', parameter: 'initiator', of: (row) => row.initiator },
    { field: 'targetCodeHash', parameter: 'targetCodeHash', of: (row) => row.targetCodeHash },
    { field: 'entrypoint', parameter: 'entrypoint', of: entrypointOf, unaskable: DEFAULT_ENTRYPOINT },
  ],
  fields: ({ storage }) => [
    ...OPERATION_FIELDS,
    'target',
    'targetCodeHash',
    'amount',
    'parameter',
    ...(storage ? ['storage'] : []),
  ],
  row: transactionRow,
  read(row, filter, check) {
    const entrypoint = entrypointOf(row)
    const value = row.parameter?.value ?? (entrypoint === DEFAULT_ENTRYPOINT ? UNIT : undefined)
    return {
      kind: 'transaction',
      id: row.id,
      hash: row.hash,
      counter: row.counter,
      nonce: row.nonce,
      initiator: row.initiator,
      sender: row.sender,
      target: row.target,
      targetCodeHash: row.targetCodeHash,
      amount: BigInt(row.amount),
      entrypoint,
      parameter: check('parameter', filter.parameter, value),
      storage: filter.storage && check('storage', filter.storage, row.storage),
    }
  },
  operation: ({ hash }) => ({ hash }),
}

const originationRow = v.object({
  ...operation,
  contractBalance: maybe(whole),
  originatedContract: v.object({ address: v.string(), codeHash: whole, typeHash: whole }),
})

export const originations: Feed<OriginationFilter, v.InferOutput<typeof originationRow>, TezosOrigination> = {
  what: 'origination',
  path: '/v1/operations/originations',
  parameters: { status: 'applied' },
  picks: [
    { field: 'sender', parameter: 'sender', of: (row) => row.sender },
    { field: 'initiator', parameter: 'initiator', of: (row) => row.initiator },
    { field: 'contract', parameter: 'originatedContract', of: (row) => row.originatedContract.address },
    { field: 'codeHash', parameter: 'codeHash', of: (row) => row.originatedContract.codeHash },
    { field: 'typeHash', parameter: 'typeHash', of: (row) => row.originatedContract.typeHash },
  ],
  fields: ({ storage }) => [
    ...OPERATION_FIELDS,
    'contractBalance',
    'originatedContract',
    ...(storage ? ['storage'] : []),
  ],
  row: originationRow,
  read: (row, filter, check) => ({
    kind: 'origination',
    id: row.id,
    hash: row.hash,
    counter: row.counter,
    nonce: row.nonce,
    initiator: row.initiator,
    sender: row.sender,
    contract: row.originatedContract.address,
    codeHash: row.originatedContract.codeHash,
    typeHash: row.originatedContract.typeHash,
    balance: BigInt(row.contractBalance ?? 0),
    storage: filter.storage && check('storage', filter.storage, row.storage),
  }),
  operation: ({ hash }) => ({ hash }),
}

const contract = v.pipe(
  v.object({ address: v.string() }),
  v.transform(({ address }) => address),
)

const eventRow = v.object({
  id: whole,
  level: whole,
  contract,
  codeHash: whole,
  tag: maybe(v.string()),
  payload: v.optional(v.unknown()),
  transactionId: whole,
})

export const events: Feed<EventFilter, v.InferOutput<typeof eventRow>, TezosEvent> = {
  what: 'event',
  path: '/v1/contracts/events',
  parameters: {},
  picks: [
    { field: 'contract', parameter: 'contract', of: (row) => row.contract },
    { field: 'codeHash', parameter: 'codeHash', of: (row) => row.codeHash },
    { field: 'tag', parameter: 'tag', of: (row) => row.tag },
  ],
  fields: () => ['id', 'level', 'contract', 'codeHash', 'tag', 'payload', 'transactionId'],
  row: eventRow,
  read: ({ id, contract, codeHash, tag, payload, transactionId }, filter, check) => ({
    id,
    contract,
    codeHash,
    tag,
    payload: check('payload', filter.payload, payload),
    transactionId,
  }),
  operation: ({ transactionId }) => ({ transactionId }),
}

const bigMapRow = v.object({
  id: whole,
  level: whole,
  bigmap: whole,
  contract,
  path: v.string(),
  action: v.picklist(['allocate', 'add_key', 'update_key', 'remove_key', 'remove']),
  content: maybe(v.object({ key: v.optional(v.unknown()), value: v.optional(v.unknown()) })),
})

export const bigMaps: Feed<BigMapFilter, v.InferOutput<typeof bigMapRow>, TezosBigMapUpdate> = {
  what: 'big map update',
  path: '/v1/bigmaps/updates',
  parameters: {},
  picks: [
    { field: 'contract', parameter: 'contract', of: (row) => row.contract },
    { field: 'path', parameter: 'path', of: (row) => row.path },
    { field: 'bigMap', parameter: 'bigmap', of: (row) => row.bigmap },
  ],
  // This list has no `select`.
  fields: () => [],
  row: bigMapRow,
  read: ({ id, bigmap, contract, path, action, content }, filter, check) => ({
    id,
    bigMap: bigmap,
    contract,
    path,
    action,
    key: content && check('key', filter.key, content.key),
    value: content && check('value', filter.value, content.value),
  }),
  operation: () => ({ transactionId: undefined }),
}

const tokenTransferRow = v.object({
  id: whole,
  level: whole,
  token: v.object({ contract, tokenId: v.string() }),
  from: account,
  to: account,
  amount: v.pipe(v.string(), v.regex(/^\d+$/), v.toBigint()),
  transactionId: maybe(whole),
})

export const tokenTransfers: Feed<
  TokenTransferFilter,
  v.InferOutput<typeof tokenTransferRow>,
  TezosTokenTransfer
> = {
  what: 'token transfer',
  path: '/v1/tokens/transfers',
  parameters: {},
  picks: [
    { field: 'contract', parameter: 'token.contract', of: (row) => row.token.contract },
    { field: 'tokenId', parameter: 'token.tokenId', of: (row) => row.token.tokenId },
    { field: 'from', parameter: 'from', of: (row) => row.from },
    { field: 'to', parameter: 'to', of: (row) => row.to },
  ],
  fields: () => ['id', 'level', 'token', 'from', 'to', 'amount', 'transactionId'],
  row: tokenTransferRow,
  read: ({ id, token, from, to, amount, transactionId }) => ({
    id,
    contract: token.contract,
    tokenId: token.tokenId,
    from,
    to,
    amount,
    transactionId,
  }),
  operation: ({ transactionId }) => ({ transactionId }),
}
