import { systemClock, type Clock } from '../clock.ts'
import { checkOptions, CLOCK, made, wholeFrom, type OptionRules } from '../config/check-options.ts'
import { DatasourceError } from '../errors.ts'
import type { BlockRef, Datasource, DatasourceCall } from './datasource.ts'
import type { Progress, ProgressSource } from './beside/progress.ts'
import { sleep } from './sleep.ts'

export { ponderProgress, squidProgress } from './beside/database-progress.ts'
export type { PonderOptions, SquidOptions } from './beside/database-progress.ts'
export { reportedProgress } from './beside/progress.ts'
export type { Progress, ProgressSource, ReportedProgress } from './beside/progress.ts'

/** Which indexer is followed, on which chain, and how closely. */
export interface BesideOptions<Block extends BlockRef> {
  /** How far the other indexer is. */
  readonly indexer: ProgressSource
  /** The chain that it indexes, read by Pawl itself: `evm({ url, blocks: 'header' })`. */
  readonly chain: Datasource<Block>
  /** So many levels it may be behind the chain and still count as caught up. Default: 5. */
  readonly lag?: number
  /** How often its progress is looked at, in ms. Default: 1000. */
  readonly pollInterval?: number
  /** Default: the machine's. */
  readonly clock?: Clock
}

const RULES: OptionRules<BesideOptions<BlockRef>> = {
  indexer: made('ponderProgress({ … }), squidProgress({ … }) or reportedProgress(…)', 'read'),
  chain: made('evm({ … }) or another datasource', 'head', 'blocks'),
  lag: wholeFrom(0),
  pollInterval: wholeFrom(1),
  clock: CLOCK,
}

/**
 * The chain as far as another indexer has done it: a level is handled when that indexer has committed it, and the index is
 * synchronized when that one is. Reorgs are found by Pawl itself, by the blocks' hashes; what the other one wrote is its own
 * to roll back.
 *
 * @example
 * const indexer = squidProgress({ database: process.env.SQUID_DB })
 * const datasource = beside({ indexer, chain: evm({ url, blocks: 'header' }) })
 */
export function beside<Block extends BlockRef>(options: BesideOptions<Block>): Datasource<Block> {
  checkOptions<BesideOptions<Block>>('beside', options, RULES as OptionRules<BesideOptions<Block>>)
  const { indexer, chain, lag = 5, pollInterval = 1_000, clock = systemClock } = options
  const { description } = indexer
  /** By index: what it was told last. */
  const told = new Map<string, { readonly hash?: string; readonly caughtUp?: boolean }>()

  const blockAt = async (level: number, call: DatasourceCall): Promise<BlockRef> => {
    const [block] = await chain.blocks(level, level, { ...call, finalized: level - 1 })
    if (block === undefined) throw new DatasourceError(`${chain.description} has no level ${level} any more`)
    const { hash, parentHash, timestamp } = block
    return { level, hash, parentHash, timestamp }
  }

  const headOf = async (call: DatasourceCall, cursor: BlockRef | undefined): Promise<BlockRef> => {
    call.signal.throwIfAborted()
    const { level, hashes } = await indexer.read()
    const head = await chain.head({ ...call, cursor })
    if (level === undefined) throw new DatasourceError(`${description} has not done a block yet`)
    const top = Math.min(level, head.level)
    for (let at = top; ; at -= 1) {
      const ref = at === head.level ? head : await blockAt(at, call)
      const known = hashes?.get(at)
      // Down to where it is on the chain's present branch: the rest it has yet to roll back. Lower than it remembers is final.
      if (known === undefined || known === ref.hash || at === 0) return ref
    }
  }

  const isCaughtUp = async (call: DatasourceCall, cursor: BlockRef | undefined): Promise<boolean> => {
    const { level, synchronized }: Progress = await indexer.read()
    if (level === undefined || synchronized === false) return false
    return (await chain.head({ ...call, cursor })).level - level <= lag
  }

  return {
    description: `${description}, on ${chain.description}`,
    ...(chain.selection && { selection: chain.selection }),
    ...(chain.uncacheable !== undefined && { uncacheable: chain.uncacheable }),
    ...(chain.timeout !== undefined && { timeout: chain.timeout }),
    ...(chain.chain && { chain: chain.chain.bind(chain) }),
    ...(chain.bytesOf && { bytesOf: chain.bytesOf.bind(chain) }),
    ...(chain.finalized && { finalized: chain.finalized.bind(chain) }),

    async head({ cursor, ...call }) {
      const head = await headOf(call, cursor)
      told.set(call.index, { ...told.get(call.index), hash: head.hash })
      return head
    },

    async blocks(from, to, call) {
      const blocks = await chain.blocks(from, to, call)
      if (to <= call.finalized) return blocks
      // It may have rolled back since it was asked for its head, and the chain may have another block now, which it has not done.
      const { level = -1, hashes } = await indexer.read()
      const done = blocks.filter((block) => block.level <= level)
      // One that is there after such a block proves that the other hash was only left of a branch that is gone.
      const last = done.findLastIndex((block) => hashes?.get(block.level) === block.hash)
      const end = done.findIndex(
        (block, at) => at > last && (hashes?.get(block.level) ?? block.hash) !== block.hash,
      )
      if (end === -1) return done
      const isOnChain = level > to && hashes?.get(level) === (await blockAt(level, call)).hash
      return isOnChain ? done : done.slice(0, end)
    },

    async caughtUp({ cursor, ...call }) {
      const caughtUp = await isCaughtUp(call, cursor)
      told.set(call.index, { ...told.get(call.index), caughtUp })
      return caughtUp
    },

    async changed({ cursor, ...call }) {
      for (;;) {
        await sleep(clock, pollInterval, call.signal)
        const last = told.get(call.index)
        if ((await headOf(call, cursor)).hash !== last?.hash) return
        // Also where it fell behind: its head stays, and the chain's goes on.
        if (last.caughtUp !== undefined && (await isCaughtUp(call, cursor)) !== last.caughtUp) return
      }
    },

    async close() {
      await Promise.allSettled([indexer.close?.(), chain.close?.()])
    },
  }
}
