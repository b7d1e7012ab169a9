import type * as v from 'valibot'
import type { BlockRef } from '../datasource.ts'
import type {
  BigMapFilter,
  BigMapFilters,
  EventFilter,
  EventFilters,
  OperationFilter,
  OperationFilters,
  OriginationFilter,
  TransactionFilter,
} from './tzkt-filter.ts'

/** A transaction that was applied. */
export interface TezosTransaction<
  Target extends string | undefined = string | undefined,
  Entrypoint extends string | undefined = string | undefined,
  Parameter = unknown,
  Storage = unknown,
> {
  readonly kind: 'transaction'
  /** TzKT's number of it: operations of a block are in the order of their ids. */
  readonly id: number
  /** Of the operation group, which may hold several transactions. */
  readonly hash: string
  readonly counter: number
  /** Tells internal transactions of one counter apart; undefined: it is none. */
  readonly nonce: number | undefined
  readonly initiator: string | undefined
  readonly sender: string
  readonly target: Target
  readonly targetCodeHash: number | undefined
  /** In mutez. */
  readonly amount: bigint
  /** Undefined: no contract was called. */
  readonly entrypoint: Entrypoint
  readonly parameter: Parameter
  /** Of the called contract, after the transaction; only where its filter has a schema for it. */
  readonly storage: Storage
}

/** A contract that was originated. */
export interface TezosOrigination<Contract extends string = string, Storage = unknown> {
  readonly kind: 'origination'
  readonly id: number
  readonly hash: string
  readonly counter: number
  readonly nonce: number | undefined
  readonly initiator: string | undefined
  readonly sender: string
  readonly contract: Contract
  readonly codeHash: number
  readonly typeHash: number
  /** In mutez. */
  readonly balance: bigint
  readonly storage: Storage
}

/** An event that a contract emitted. */
export interface TezosEvent<
  Contract extends string = string,
  Tag extends string | undefined = string | undefined,
  Payload = unknown,
> {
  readonly id: number
  readonly contract: Contract
  readonly codeHash: number
  readonly tag: Tag
  readonly payload: Payload
  /** The `id` of the transaction that emitted it. TzKT tells no hash with events. */
  readonly transactionId: number
}

/** A change of a big map. `allocate` and `remove` are of the whole map and have no key; `remove_key` has the last value. */
export interface TezosBigMapUpdate<Contract extends string = string, Key = unknown, Value = unknown> {
  readonly id: number
  readonly bigMap: number
  readonly contract: Contract
  readonly path: string
  readonly action: 'allocate' | 'add_key' | 'update_key' | 'remove_key' | 'remove'
  readonly key: Key | undefined
  readonly value: Value | undefined
}

/** A transfer of a token: none sent it when it was minted, none got it when it was burnt. */
export interface TezosTokenTransfer {
  readonly id: number
  readonly contract: string
  readonly tokenId: string
  readonly from: string | undefined
  readonly to: string | undefined
  /** In the token's smallest units. */
  readonly amount: bigint
  /** The `id` of the transaction that did it; undefined: an origination or a migration. */
  readonly transactionId: number | undefined
}

/** A literal, or one of a list of them; what else a filter without the key lets through. */
type Given<Filter, Key extends string, Else> =
  Filter extends Readonly<Record<Key, infer Value>>
    ? Value extends readonly (infer One)[]
      ? One
      : Value
    : Else

type Output<Filter, Key extends string, Else = unknown> =
  Filter extends Readonly<Record<Key, infer Schema extends v.GenericSchema>> ? v.InferOutput<Schema> : Else

export type OperationOf<Filter extends OperationFilter> = Filter extends TransactionFilter
  ? TezosTransaction<
      Extract<Given<Filter, 'target', string | undefined>, string | undefined>,
      Extract<Given<Filter, 'entrypoint', string | undefined>, string | undefined>,
      Output<Filter, 'parameter'>,
      Output<Filter, 'storage', undefined>
    >
  : Filter extends OriginationFilter
    ? TezosOrigination<
        Extract<Given<Filter, 'contract', string>, string>,
        Output<Filter, 'storage', undefined>
      >
    : never

export type EventOf<Filter extends EventFilter> = Filter extends EventFilter
  ? TezosEvent<
      Extract<Given<Filter, 'contract', string>, string>,
      Extract<Given<Filter, 'tag', string | undefined>, string | undefined>,
      Output<Filter, 'payload'>
    >
  : never

export type BigMapUpdateOf<Filter extends BigMapFilter> = Filter extends BigMapFilter
  ? TezosBigMapUpdate<
      Extract<Given<Filter, 'contract', string>, string>,
      Output<Filter, 'key'>,
      Output<Filter, 'value'>
    >
  : never

/** `header`: every block. A schema: every block, with what it puts out of TzKT's own block as `details`. */
export type TzktBlockDetail = 'header' | v.GenericSchema

/** A block with what was asked for, each list in the order of the chain. */
export type TzktBlock<
  Operations extends OperationFilters = OperationFilters,
  Events extends EventFilters = EventFilters,
  BigMaps extends BigMapFilters = BigMapFilters,
  Detail extends TzktBlockDetail | undefined = undefined,
> = BlockRef & {
  readonly operations: readonly OperationOf<Operations[number]>[]
  readonly events: readonly EventOf<Events[number]>[]
  readonly bigMaps: readonly BigMapUpdateOf<BigMaps[number]>[]
  readonly tokenTransfers: readonly TezosTokenTransfer[]
} & (Detail extends v.GenericSchema ? { readonly details: v.InferOutput<Detail> } : unknown)
