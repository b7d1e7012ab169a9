import type { BlockRef, Datasource } from '../datasources/datasource.ts'
import type { DatasourceMethod } from './fault-script.ts'
import type { SimulatedBlock } from './simulated-block.ts'

/** What a simulated chain is like: all of it follows from its seed. */
export interface ChainOptions {
  /** The same seed and the same calls make the same blocks. */
  readonly seed: number | string
  /** Default: 0. */
  readonly firstLevel?: number
  /** Blocks that are there from the start. Default: 1; at least 1. */
  readonly length?: number
  /** Levels below the highest head ever that count as final. Default: 64. */
  readonly finality?: number
  /** 0 to 1: the share of blocks without events, which are left out at or below finality. Default: 0. */
  readonly emptyShare?: number
  /** How many accounts the events move amounts between. Default: 8. */
  readonly accounts?: number
  /** What `chain()` answers. Default: `simulated:<seed>`. */
  readonly chain?: string
}

/** How often, and in which call, something goes wrong. */
export interface FaultOptions {
  /** Default: 1. */
  readonly times?: number
  /** Left out: in whatever call comes next. */
  readonly method?: DatasourceMethod
}

/** A chain in memory, for tests: it does what you say, when you say it, and uses no timer. */
export interface SimulatedChain {
  /** The true head, whatever is announced. */
  readonly head: SimulatedBlock
  /** The highest level that counts as final; it never goes down. */
  readonly finalized: number
  /** The canonical blocks, from the first level on, empty ones included: what a fresh run must end with. */
  canonical(): readonly SimulatedBlock[]
  /** The canonical block of a level. */
  block(level: number): SimulatedBlock | undefined
  /** Adds blocks on the head. `empty`: without events, so that the levels are left out at or below finality. */
  extend(count?: number, options?: { readonly empty?: boolean }): readonly SimulatedBlock[]
  /**
   * Takes the last `depth` blocks off and puts `length` others in their place: as many (left out), more, fewer, or none.
   * The first block stays; nothing else limits the depth, finality neither.
   */
  reorg(
    depth: number,
    length?: number,
  ): { readonly removed: readonly SimulatedBlock[]; readonly added: readonly SimulatedBlock[] }
  /**
   * Lets the next calls of `head()` answer these, one each, before the truth again: duplicates, late heads, heads out of
   * order, orphans. Blocks are served from the true chain all the while.
   */
  announce(...heads: readonly BlockRef[]): void
  /** Lets calls throw. Default: a retriable `DatasourceError`. */
  fail(options?: FaultOptions & { readonly error?: unknown }): void
  /** Lets calls hang until they are aborted. */
  hang(options?: FaultOptions): void
  /** Lets `blocks()` (or `head()`) answer with a wrong parent hash: in the middle block of the answer. */
  lie(options?: FaultOptions): void
  /** Lets calls answer with what no datasource may answer. */
  garble(options?: FaultOptions): void
  /** Runs `act` once, when the next call of `method` arrives and before it is answered: a reorg at the worst moment. */
  before(method: DatasourceMethod, act: () => void): void
  /** Forgets announcements and everything that is still to go wrong. */
  heal(): void
  /**
   * A new one each time, as after a restart of the process. `toBlock` makes of a simulated block what your handler expects of the
   * real chain: it gets the refs of the simulated one.
   */
  datasource(): Datasource<SimulatedBlock>
  datasource<Data extends object>(toBlock: (block: SimulatedBlock) => Data): Datasource<BlockRef & Data>
}
