import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { defineConfig, type BlockRef } from 'pawl'
import { replay } from 'pawl/replay'

/** Real blocks, beside the project: see the README there. Absent on a machine that has the project alone. */
export const CHAIN_DATA = fileURLToPath(new URL('../../../../../shared/chain-data/', import.meta.url))
const FILE = `${CHAIN_DATA}ethereum-mainnet-0-8191.ndjson.gz`

interface MinedBlock extends BlockRef {
  readonly miner: string
  readonly uncles?: readonly string[]
}

/** Frontier's rules: 5 ETH a block. */
const REWARD = 5n * 10n ** 18n

/**
 * Wei a miner, over the first 8,192 blocks of Ethereum mainnet with the side blocks that were mined beside them.
 * The handler adds up in SQL, so that a level applied twice, or not undone, shows in the sums.
 */
export function rewardsConfig(options: {
  readonly database: string
  readonly holdBack?: readonly [least: number, most: number]
}) {
  const blocks = readBlocks()
  return defineConfig({
    database: options.database,
    indexes: {
      rewards: {
        datasource: replay<MinedBlock>({
          file: FILE,
          ...(options.holdBack === undefined ? {} : { holdBack: options.holdBack }),
        }),
        handler: async (ctx, block) => {
          const rewards = rewardsOf(block, blocks)
          await ctx.sql`
            insert into reward ${ctx.sql(rewards)}
            on conflict (miner) do update set wei = reward.wei + excluded.wei`
        },
      },
    },
    on_reindex: async (ctx) => {
      await ctx.sql`create table reward (miner text primary key, wei numeric(78) not null)`
    },
  })
}

function rewardsOf(block: MinedBlock, blocks: ReadonlyMap<string, MinedBlock>) {
  const uncles = (block.uncles ?? []).map((hash) => {
    const uncle = blocks.get(hash)
    if (uncle === undefined)
      throw new Error(`block ${block.level} names the uncle ${hash}, which is not there`)
    return uncle
  })
  const rewards = new Map<string, bigint>()
  const add = (miner: string, wei: bigint): void => void rewards.set(miner, (rewards.get(miner) ?? 0n) + wei)
  // Mainnet's genesis block pays nobody.
  if (block.level > 0) add(block.miner, REWARD + (REWARD / 32n) * BigInt(uncles.length))
  for (const uncle of uncles) add(uncle.miner, (REWARD * BigInt(8 - (block.level - uncle.level))) / 8n)
  if (rewards.size === 0) add(block.miner, 0n)
  return [...rewards].map(([miner, wei]) => ({ miner, wei: String(wei) }))
}

function readBlocks(): ReadonlyMap<string, MinedBlock> {
  const lines = gunzipSync(readFileSync(FILE)).toString().trimEnd().split('\n')
  return new Map(
    lines.map((line) => {
      const block = JSON.parse(line) as MinedBlock
      return [block.hash, block]
    }),
  )
}

/** What an indexer must end with. */
export function expectedRewards(): Readonly<Record<string, string>> {
  const text = readFileSync(`${CHAIN_DATA}ethereum-mainnet-0-8191.expected.json`, 'utf8')
  return (JSON.parse(text) as { rewardsWei: Record<string, string> }).rewardsWei
}
