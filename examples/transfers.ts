import type { BlockRef, Datasource } from 'pawl'
import { evm } from 'pawl/evm'
import { replay } from 'pawl/replay'

/** A block with the token transfers in it. */
export interface TransferBlock<Amount = bigint> extends BlockRef {
  readonly logs: readonly {
    /** The token's. */
    readonly address: string
    readonly transactionHash: string
    readonly logIndex: number
    readonly args: { readonly from: string; readonly to: string; readonly value: Amount }
  }[]
}

const { RPC_URL, RECORDING } = process.env

/**
 * Where the examples' blocks come from: a recording of 40 blocks and then one every 200 ms, with two reorgs. With RPC_URL set it
 * is the ERC-20 transfers of your own node; in a project of yours nothing but that `evm({ … })` is left of this file.
 */
export const transfers = (): Datasource<TransferBlock> =>
  RPC_URL === undefined
    ? replay<TransferBlock>({
        file: RECORDING ?? new URL('transfers.ndjson', import.meta.url),
        // Only the tests have recordings of their own, and are in a hurry.
        ...(RECORDING === undefined ? { live: { after: 40, interval: 200 } } : {}),
        read: (record) => {
          const block = record as TransferBlock<string>
          // JSON has no bigint: the amounts are texts there.
          return {
            ...block,
            logs: block.logs.map((log) => ({ ...log, args: { ...log.args, value: BigInt(log.args.value) } })),
          }
        },
      })
    : evm({
        url: RPC_URL,
        logs: [{ event: 'event Transfer(address indexed from, address indexed to, uint256 value)' }],
      })
