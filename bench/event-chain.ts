import { createWalletClient, http, toHex, type Address, type Hex } from 'viem'
import { startAnvil, type Anvil } from '../examples/anvil/start-anvil.ts'

/** keccak256("Transfer(address,address,uint256)") */
const TRANSFER = 'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

// Emits as many Transfer events as its calldata says, from the caller to the addresses 1, 2, 3 …:
// i = calldataload(0); do { mstore(0, i); log3(0, 32, TRANSFER, caller, i); i -= 1 } while (i)
const RUNTIME = `6000355b8060005280337f${TRANSFER}60206000a3600190038060035700`
const BYTECODE: Hex = `0x603980600b6000396000f3${RUNTIME}`

export interface EventChain {
  readonly anvil: Anvil
  readonly emitter: Address
  readonly head: number
  readonly events: number
}

/** A chain of `blocks` blocks with `perBlock` Transfer events each. */
export async function buildEventChain(options: {
  readonly blocks: number
  readonly perBlock: number
  /** Where the `finalized` tag stands: 2 × this below the head. */
  readonly slotsInAnEpoch: number
}): Promise<EventChain> {
  const { blocks, perBlock, slotsInAnEpoch } = options
  const anvil = await startAnvil({ slotsInAnEpoch })
  const [account] = await anvil.rpc<Address[]>('eth_accounts')
  if (account === undefined) throw new Error('anvil has no accounts')
  const wallet = createWalletClient({ account, transport: http(anvil.url) })
  const deployment = await wallet.sendTransaction({ data: BYTECODE, chain: null, gas: 1_000_000n })
  await anvil.rpc('evm_mine')
  const { contractAddress: emitter } = await anvil.rpc<{ contractAddress: Address }>(
    'eth_getTransactionReceipt',
    [deployment],
  )
  for (let block = 0; block < blocks; block += 1) {
    await wallet.sendTransaction({
      to: emitter,
      data: toHex(perBlock, { size: 32 }),
      chain: null,
      gas: 20_000_000n,
    })
    await anvil.rpc('evm_mine')
  }
  return { anvil, emitter, head: blocks + 1, events: blocks * perBlock }
}
