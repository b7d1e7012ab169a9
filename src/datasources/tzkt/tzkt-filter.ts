import type * as v from 'valibot'

export type OneOrMany<Value extends string | number> = Value | readonly Value[]

/** Transactions that were applied and fit all that is given. Several values of one field: any of them. */
export interface TransactionFilter {
  readonly kind: 'transaction'
  /** Who is called: the address of a contract, or of an account that is paid. */
  readonly target?: OneOrMany<string>
  readonly sender?: OneOrMany<string>
  /** Who signed the operation that an internal transaction came of. */
  readonly initiator?: OneOrMany<string>
  /** TzKT's hash of the code of who is called: all contracts of one make. */
  readonly targetCodeHash?: OneOrMany<number>
  readonly entrypoint?: OneOrMany<string>
  /** What the parameter has to be; what the schema puts out is the transaction's `parameter`. Left out: not checked. */
  readonly parameter?: v.GenericSchema
  /** What the storage after the transaction has to be. Left out: the storage is not fetched. */
  readonly storage?: v.GenericSchema
}

/** Contracts that were originated, by all that is given. */
export interface OriginationFilter {
  readonly kind: 'origination'
  readonly sender?: OneOrMany<string>
  readonly initiator?: OneOrMany<string>
  /** The address of the new contract. */
  readonly contract?: OneOrMany<string>
  /** TzKT's hash of the new contract's code. */
  readonly codeHash?: OneOrMany<number>
  /** TzKT's hash of the new contract's parameter and storage types. */
  readonly typeHash?: OneOrMany<number>
  /** What the first storage has to be. Left out: the storage is not fetched. */
  readonly storage?: v.GenericSchema
}

/** Calls of contracts, or originations of new ones. */
export type OperationFilter = TransactionFilter | OriginationFilter

/** Events that contracts emitted (`EMIT`), by all that is given. */
export interface EventFilter {
  readonly contract?: OneOrMany<string>
  readonly codeHash?: OneOrMany<number>
  readonly tag?: OneOrMany<string>
  /** What the payload has to be. Left out: not checked. */
  readonly payload?: v.GenericSchema
}

/** Changes of big maps, by all that is given. */
export interface BigMapFilter {
  readonly contract?: OneOrMany<string>
  /** Where in the contract's storage the big map is: `ledger`, `assets.ledger`. */
  readonly path?: OneOrMany<string>
  /** The big map's number. */
  readonly bigMap?: OneOrMany<number>
  /** What keys have to be. */
  readonly key?: v.GenericSchema
  /** What values have to be. */
  readonly value?: v.GenericSchema
}

/** Transfers of FA1.2 and FA2 tokens as TzKT finds them, by all that is given. */
export interface TokenTransferFilter {
  readonly contract?: OneOrMany<string>
  /** Within its contract; a number of any length, so a text. */
  readonly tokenId?: OneOrMany<string>
  readonly from?: OneOrMany<string>
  readonly to?: OneOrMany<string>
}

export type OperationFilters = readonly OperationFilter[]
export type EventFilters = readonly EventFilter[]
export type BigMapFilters = readonly BigMapFilter[]
export type TokenTransferFilters = readonly TokenTransferFilter[]
