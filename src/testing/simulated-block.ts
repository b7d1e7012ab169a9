import { createHash } from 'node:crypto'
import type { BlockRef } from '../datasources/datasource.ts'

/** Something that happened in a block, for handlers to have data: `amount` went from one account to another. */
export interface SimulatedEvent {
  /** Counts from 0 in each block. */
  readonly index: number
  readonly from: string
  readonly to: string
  /** 1 to 1000. */
  readonly amount: number
}

/** A block of a simulated chain: a few transfers between its accounts. */
export interface SimulatedBlock extends BlockRef {
  /** None to three; an empty block is left out of answers at or below finality. */
  readonly events: readonly SimulatedEvent[]
}

/** What a block is made from. The same makes the same block, on every machine. */
export interface BlockRecipe {
  readonly seed: number | string
  /** Tells blocks of one parent from each other. */
  readonly nonce: number
  readonly level: number
  readonly parentHash: string
  readonly timestamp: number
  readonly accounts: number
  /** 0 to 1: how likely the block has no events. */
  readonly emptyShare: number
}

const MOST_EVENTS = 3

/** All that is random comes out of the hash. */
export function makeBlock(recipe: BlockRecipe): SimulatedBlock {
  const { seed, nonce, level, parentHash, timestamp } = recipe
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, nonce, level, parentHash]))
    .digest()
  const empty = digest.readUInt32BE(0) < recipe.emptyShare * 2 ** 32
  const count = empty ? 0 : 1 + ((digest[4] ?? 0) % MOST_EVENTS)
  const events = Array.from({ length: count }, (_, index) => {
    const at = 5 + index * 6
    return Object.freeze({
      index,
      from: accountName(digest.readUInt16BE(at), recipe.accounts),
      to: accountName(digest.readUInt16BE(at + 2), recipe.accounts),
      amount: 1 + (digest.readUInt16BE(at + 4) % 1000),
    })
  })
  return Object.freeze({
    level,
    hash: `0x${digest.toString('hex')}`,
    parentHash,
    timestamp,
    events: Object.freeze(events),
  })
}

/** The bare ref of a block, without what it holds. */
export function refOf({ level, hash, parentHash, timestamp }: BlockRef): BlockRef {
  return { level, hash, parentHash, timestamp }
}

function accountName(random: number, accounts: number): string {
  return `account-${random % accounts}`
}
