import type { Address, Hash, RpcTransaction, Transaction } from 'viem'
import { DatasourceError } from '../../errors.ts'
import type { BlockRef } from '../datasource.ts'
import type { LogFilters, LogOf } from './log-filter.ts'
import type { Viem } from './viem.ts'

/** What a header tells. Amounts in wei and gas are bigints. */
export interface EvmHeader extends BlockRef {
  readonly hash: Hash
  readonly parentHash: Hash
  /** Who was paid for the block (the coinbase). */
  readonly miner: Address
  readonly gasUsed: bigint
  readonly gasLimit: bigint
  /** Wei a gas; undefined: before London, or not this chain. */
  readonly baseFeePerGas: bigint | undefined
}

/** A transaction of a block, as viem gives it. */
export type EvmTransaction = Transaction<bigint, number, false>

/** `header`: every block. `full`: every block with its transactions. */
export type BlockDetail = 'header' | 'full'

/** A block with the logs that were asked for, in their order, and with transactions where `blocks` is `full`. */
export type EvmBlock<
  Logs extends LogFilters = LogFilters,
  Detail extends BlockDetail | undefined = undefined,
> = EvmHeader & {
  readonly logs: readonly LogOf<Logs>[]
} & (Detail extends 'full' ? { readonly transactions: readonly EvmTransaction[] } : unknown)

type RawBlock = Readonly<Record<string, unknown>>

/** Reads what `eth_getBlockBy…` answered; undefined: there is no such block. @throws DatasourceError: it is no block. */
export function readHeader(raw: unknown, origin: string): EvmHeader | undefined {
  if (raw === null || raw === undefined) return undefined
  const block = raw as RawBlock
  const { hash, parentHash, miner } = block
  const level = quantity(block['number'])
  const timestamp = quantity(block['timestamp'])
  if (
    typeof hash !== 'string' ||
    typeof parentHash !== 'string' ||
    level === undefined ||
    timestamp === undefined
  ) {
    throw new DatasourceError(
      `${origin} answered with a block that has no hash, parentHash, number or timestamp`,
    )
  }
  return {
    level: Number(level),
    hash: hash as Hash,
    parentHash: parentHash as Hash,
    timestamp: Number(timestamp),
    miner: miner as Address,
    gasUsed: quantity(block['gasUsed']) ?? 0n,
    gasLimit: quantity(block['gasLimit']) ?? 0n,
    baseFeePerGas: quantity(block['baseFeePerGas']),
  }
}

/**
 * The transactions of a block that was asked for with them. Some nodes leave the list of an empty block out.
 * @throws DatasourceError: they are not there, or only their hashes
 */
export function readTransactions(
  raw: unknown,
  { level, gasUsed }: EvmHeader,
  viem: Viem,
  origin: string,
): readonly EvmTransaction[] {
  const transactions: unknown = (raw as RawBlock)['transactions']
  if ((transactions === undefined || transactions === null) && gasUsed === 0n) return []
  if (!Array.isArray(transactions) || !transactions.every((one) => typeof one === 'object' && one !== null)) {
    throw new DatasourceError(`${origin} answered with level ${level} without its transactions as objects`)
  }
  return (transactions as readonly RpcTransaction[]).map(
    (transaction) => viem.formatTransaction(transaction) as EvmTransaction,
  )
}

/** As JSON-RPC writes numbers: hex. */
export function toQuantity(level: number): string {
  return `0x${level.toString(16)}`
}

function quantity(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value) ? BigInt(value) : undefined
}
