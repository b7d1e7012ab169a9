import { createPublicClient, encodeDeployData, encodeFunctionData, http, type Address, type Hex } from 'viem'
import { startAnvil, type Anvil } from '../../examples/anvil/start-anvil.ts'
import { tokenAbi, tokenBytecode } from './token.ts'

export interface BusyChainOptions {
  /** Beside the first, which deploys the token and mints: one transfer. */
  readonly blocks: number
  readonly perBlock: number
}

/** A local chain with many transfers of one token, and what an index of them has to hold. */
export interface BusyChain {
  readonly anvil: Anvil
  readonly token: Address
  /** Mines a block of so many transfers, as many as the others have by default; resolves when the node has it. */
  mine(transfers?: number): Promise<void>
  /** Takes the last blocks off and mines as many others, each with as many transfers. */
  reorg(depth: number): Promise<void>
  head(): Promise<{ readonly level: number; readonly hash: string; readonly transfers: number }>
  /** The last of the head. */
  lastTransfer(): Promise<{ readonly level: number; readonly logIndex: number; readonly to: Address }>
  /** In the order of the addresses. */
  balances(addresses: readonly Address[]): Promise<readonly bigint[]>
}

/** Transfers a transaction: a block of 500 has ten. */
const PER_TRANSACTION = 50

export async function buildBusyChain({ blocks, perBlock }: BusyChainOptions): Promise<BusyChain> {
  const anvil = await startAnvil({ args: ['--gas-limit', '3000000000', '--code-size-limit', '100000'] })
  const [from] = await anvil.rpc<Address[]>('eth_accounts')
  if (from === undefined) throw new Error('anvil has no accounts')
  const client = createPublicClient({ transport: http(anvil.url) })
  const deployment = await anvil.rpc<Hex>('eth_sendTransaction', [
    {
      from,
      data: encodeDeployData({ abi: tokenAbi, bytecode: tokenBytecode, args: [10n ** 27n] }),
      gas: '0x989680',
    },
  ])
  await anvil.rpc('evm_mine')
  const { contractAddress: token } = await anvil.rpc<{ contractAddress: Address }>(
    'eth_getTransactionReceipt',
    [deployment],
  )
  let seed = 0n
  const block = (wanted = perBlock) =>
    Array.from({ length: Math.ceil(wanted / PER_TRANSACTION) }, (_, at) => {
      const count = BigInt(Math.min(PER_TRANSACTION, wanted - at * PER_TRANSACTION))
      return {
        from,
        to: token,
        data: encodeFunctionData({ abi: tokenAbi, functionName: 'spread', args: [(seed += 1n), count] }),
        gas: '0x4c4b40',
      }
    })
  const mine = async (wanted?: number): Promise<void> => {
    for (const transaction of block(wanted)) await anvil.rpc('eth_sendTransaction', [transaction])
    await anvil.rpc('evm_mine')
  }
  for (let mined = 0; mined < blocks; mined += 1) await mine()
  return {
    anvil,
    token,
    mine,
    async reorg(depth) {
      const others = Array.from({ length: depth }, (_, at) => block().map((transaction) => [transaction, at]))
      await anvil.rpc('anvil_reorg', [depth, others.flat()])
    },
    async head() {
      const { number, hash } = await client.getBlock()
      const transfers = await client.readContract({
        address: token,
        abi: tokenAbi,
        functionName: 'transfers',
      })
      return { level: Number(number), hash, transfers: Number(transfers) }
    },
    async lastTransfer() {
      const head = { fromBlock: 'latest', toBlock: 'latest', address: token }
      const logs = await anvil.rpc<{ blockNumber: Hex; logIndex: Hex; topics: Hex[] }[]>('eth_getLogs', [
        head,
      ])
      const last = logs.at(-1)
      if (last === undefined) throw new Error('the head has no transfers')
      const { blockNumber, logIndex, topics } = last
      return { level: Number(blockNumber), logIndex: Number(logIndex), to: `0x${topics[2]?.slice(26)}` }
    },
    async balances(addresses) {
      const balances: bigint[] = []
      for (let at = 0; at < addresses.length; at += 1_000) {
        const accounts = addresses.slice(at, at + 1_000)
        balances.push(
          ...(await client.readContract({
            address: token,
            abi: tokenAbi,
            functionName: 'balancesOf',
            args: [accounts],
          })),
        )
      }
      return balances
    },
  }
}
