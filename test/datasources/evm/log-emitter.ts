import type { Address } from 'viem'
import { parseAbiItem, toEventSelector } from 'viem/utils'
import type { Anvil } from '../../../examples/anvil/start-anvil.ts'

export const transferEvent = parseAbiItem(
  'event Transfer(address indexed from, address indexed to, uint256 value)',
)

/** A contract without functions: every call emits `Transfer(caller, first word of the call, second word)`. */
export interface LogEmitter {
  readonly address: Address
  /** The account that calls it. */
  readonly from: Address
  /** Puts a call into the next block. */
  emit(to: Address, value: number): Promise<void>
}

const word = (value: string) => value.replace('0x', '').padStart(64, '0')

// 0x60206020_5f37: the second word to memory; 5f35: the first word; 33: the caller; 7f: the event; 60205fa3: LOG3; 00: STOP.
const RUNTIME = `602060205f375f35337f${word(toEventSelector(transferEvent))}60205fa300`
const LENGTH = (RUNTIME.length / 2).toString(16)
const DEPLOY = `0x60${LENGTH}600a5f3960${LENGTH}5ff3${RUNTIME}`

/** Deploys it, in a block of its own. */
export async function deployLogEmitter({ rpc }: Anvil): Promise<LogEmitter> {
  const [from] = await rpc<[Address]>('eth_accounts')
  const send = (transaction: object) =>
    rpc<string>('eth_sendTransaction', [{ from, gas: '0x30000', ...transaction }])
  const hash = await send({ data: DEPLOY })
  await rpc('evm_mine')
  const { contractAddress } = await rpc<{ contractAddress: Address }>('eth_getTransactionReceipt', [hash])
  return {
    address: contractAddress,
    from,
    emit: async (to, value) => {
      await send({ to: contractAddress, data: `0x${word(to)}${word(value.toString(16))}` })
    },
  }
}
