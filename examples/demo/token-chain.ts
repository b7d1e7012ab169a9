import {
  encodeDeployData,
  encodeFunctionData,
  getAddress,
  getContractAddress,
  parseEther,
  type Address,
  type Hex,
} from 'viem'
import { startAnvil } from '../anvil/start-anvil.ts'
import { tokenAbi, tokenBytecode } from './token.ts'

/** A local chain with a token on it, and accounts that send it to each other. */
export interface TokenChain {
  readonly url: string
  readonly token: Address
  readonly accounts: readonly Address[]
  head(): Promise<number>
  /** Mines blocks, each with a few transfers between random accounts. */
  mine(blocks: number): Promise<void>
  /** Takes blocks off the head and mines others with other transfers in their place: as many, or fewer. */
  reorg(reorg: Reorg): Promise<void>
  stop(): Promise<void>
}

export interface Reorg {
  readonly depth: number
  /** How many new blocks; fewer than `depth`: the chain ends at a lower height. */
  readonly replacement: number
}

interface Transaction {
  readonly from: Address
  readonly to?: Address
  readonly data: Hex
  readonly gas: Hex
}

/** Starts the node, deploys the token and gives each account a share of it: one block, the chain's first. */
export async function startTokenChain(): Promise<TokenChain> {
  const anvil = await startAnvil()
  const accounts = (await anvil.rpc<readonly Address[]>('eth_accounts')).map((account) => getAddress(account))
  const [deployer] = accounts
  if (deployer === undefined) throw new Error('anvil has no accounts')
  const token = getContractAddress({ from: deployer, nonce: 0n })
  const random = randomNumbers(20)

  const transfer = (from: Address, to: Address, amount: bigint): Transaction => ({
    from,
    to: token,
    data: encodeFunctionData({ abi: tokenAbi, functionName: 'transfer', args: [to, amount] }),
    gas: '0x30d40',
  })
  const send = async (transactions: readonly Transaction[]) => {
    for (const transaction of transactions) await anvil.rpc('eth_sendTransaction', [transaction])
    await anvil.rpc('evm_mine')
  }
  const transfers = (count: number): Transaction[] =>
    Array.from({ length: count }, () =>
      transfer(pick(accounts, random), pick(accounts, random), parseEther(String(1 + random(1_000)))),
    )

  const supply = parseEther('1000000')
  await send([
    {
      from: deployer,
      data: encodeDeployData({ abi: tokenAbi, bytecode: tokenBytecode, args: [supply] }),
      gas: '0x1e8480',
    },
    ...accounts.slice(1).map((account) => transfer(deployer, account, supply / BigInt(accounts.length))),
  ])

  const someTransfers = () => transfers(random(4))
  const mine = async (blocks: number) => {
    for (let block = 0; block < blocks; block++) await send(someTransfers())
  }

  return {
    url: anvil.url,
    token,
    accounts,
    head: async () => Number(await anvil.rpc<Hex>('eth_blockNumber')),
    mine,
    async reorg({ depth, replacement }) {
      // Two empty blocks after the same one, in the same second, are the same block.
      const first = transfers(1 + random(3))
      if (replacement < depth) {
        await anvil.rpc('anvil_rollback', [depth])
        await send(first)
        return mine(replacement - 1)
      }
      const blocks = Array.from({ length: depth }, (_, block) =>
        (block === 0 ? first : someTransfers()).map((transaction) => [transaction, block]),
      )
      await anvil.rpc('anvil_reorg', [depth, blocks.flat()])
    },
    stop: () => anvil.stop(),
  }
}

function pick<T>(from: readonly T[], random: (below: number) => number): T {
  // `random(n)` is below n, and nobody picks from an empty list here.
  return from[random(from.length)] as T
}

/** Whole numbers below what is asked for; the same ones for the same seed, so that every demo is the same. (mulberry32) */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
