import { createHash } from 'node:crypto'
import { checkOptions, FLAG, TEXT, wholeFrom, type OptionRules } from '../config/check-options.ts'
import type { BlockRef, Datasource } from '../datasources/datasource.ts'
import { ConfigurationError, DatasourceError } from '../errors.ts'
import { FaultScript, type DatasourceMethod } from './fault-script.ts'
import { makeBlock, refOf, type SimulatedBlock } from './simulated-block.ts'
import type { ChainOptions, FaultOptions, SimulatedChain } from './simulated-chain.ts'
import { simulatedDatasource, type SimulatedNode } from './simulated-datasource.ts'

/**
 * Makes a chain.
 *
 * @example
 * const chain = simulateChain({ seed: 1, length: 100 })
 * const datasource = chain.datasource()
 * chain.reorg(5)
 */
export function simulateChain(options: ChainOptions): SimulatedChain {
  checkOptions('simulateChain', options, RULES)
  return new ChainSimulator(options)
}

const RULES: OptionRules<ChainOptions> = {
  seed: {
    expected: 'a number or a text',
    passes: (value) => typeof value === 'number' || typeof value === 'string',
  },
  firstLevel: wholeFrom(0),
  length: wholeFrom(1),
  finality: wholeFrom(0),
  emptyShare: {
    expected: 'a number from 0 to 1',
    passes: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  accounts: wholeFrom(1),
  chain: TEXT,
}

const METHODS = [
  'chain',
  'head',
  'blocks',
  'finalized',
  'changed',
] as const satisfies readonly DatasourceMethod[]

const FAULT: OptionRules<FaultOptions> = {
  times: wholeFrom(1),
  method: {
    expected: `one of ${METHODS.join(', ')}`,
    passes: (value) => (METHODS as readonly unknown[]).includes(value),
  },
}

const FIRST_TIMESTAMP = 1_600_000_000
const SECONDS_A_BLOCK = 12
const NO_PARENT = `0x${'0'.repeat(64)}`

class ChainSimulator implements SimulatedChain, SimulatedNode {
  readonly name: string
  readonly seed: number | string
  readonly firstLevel: number
  readonly faults = new FaultScript()
  readonly blocks: SimulatedBlock[] = []
  version = 0
  readonly #finality: number
  readonly #emptyShare: number
  readonly #accounts: number
  #announced: BlockRef[] = []
  #highest: number
  /** Blocks made so far, also those that a reorg took off. */
  #made = 0
  #waiting: (() => void)[] = []

  constructor(options: ChainOptions) {
    this.seed = options.seed
    this.name = options.chain ?? `simulated:${options.seed}`
    this.firstLevel = options.firstLevel ?? 0
    this.#finality = options.finality ?? 64
    this.#emptyShare = options.emptyShare ?? 0
    this.#accounts = options.accounts ?? 8
    this.#highest = this.firstLevel
    this.#grow(options.length ?? 1, this.#emptyShare)
  }

  get head(): SimulatedBlock {
    // The constructor makes the first block, and no reorg takes it off.
    return this.blocks.at(-1)!
  }

  get finalized(): number {
    return Math.max(this.firstLevel - 1, this.#highest - this.#finality)
  }

  canonical(): readonly SimulatedBlock[] {
    return [...this.blocks]
  }

  block(level: number): SimulatedBlock | undefined {
    return this.blocks[level - this.firstLevel]
  }

  extend(count = 1, options: { readonly empty?: boolean } = {}): readonly SimulatedBlock[] {
    checkOptions('extend', options, { empty: FLAG })
    const added = this.#grow(count, options.empty === true ? 1 : this.#emptyShare)
    this.#change()
    return added
  }

  reorg(depth: number, length = depth) {
    if (!Number.isInteger(depth) || depth < 1 || depth >= this.blocks.length) {
      const most = this.blocks.length - 1
      throw new ConfigurationError([
        { path: 'reorg', message: `depth ${depth} is not 1 to ${most}: the first block stays` },
      ])
    }
    const removed = this.blocks.splice(-depth)
    const added = this.#grow(length, this.#emptyShare)
    this.#change()
    return { removed, added }
  }

  announce(...heads: readonly BlockRef[]): void {
    this.#announced.push(...heads)
    this.#change()
  }

  fail(options: FaultOptions & { readonly error?: unknown } = {}): void {
    checkOptions('fail', options, { ...FAULT, error: undefined })
    const error = options.error ?? new DatasourceError('the simulated node fails, as it was told')
    this.faults.add({ type: 'fail', error }, options.method, options.times ?? 1)
  }

  hang(options: FaultOptions = {}): void {
    checkOptions('hang', options, FAULT)
    this.faults.add({ type: 'hang' }, options.method, options.times ?? 1)
  }

  lie(options: FaultOptions = {}): void {
    checkOptions('lie', options, FAULT)
    const parentHash = `0x${createHash('sha256').update(`${this.seed} lies`).digest('hex')}`
    const distort = (answer: unknown): unknown => {
      if (!Array.isArray(answer)) return { ...(answer as BlockRef), parentHash }
      const middle = Math.floor(answer.length / 2)
      return answer.map((block: BlockRef, at) => (at === middle ? { ...block, parentHash } : block))
    }
    this.faults.add({ type: 'distort', distort }, options.method ?? 'blocks', options.times ?? 1)
  }

  garble(options: FaultOptions = {}): void {
    checkOptions('garble', options, FAULT)
    const distort = (answer: unknown): unknown => (Array.isArray(answer) ? [null, { level: 'seven' }] : {})
    this.faults.add({ type: 'distort', distort }, options.method, options.times ?? 1)
  }

  before(method: DatasourceMethod, act: () => void): void {
    this.faults.add({ type: 'act', act }, method, 1)
  }

  heal(): void {
    this.faults.clear()
    this.#announced = []
    this.#change()
  }

  datasource(): Datasource<SimulatedBlock>
  datasource<Data extends object>(toBlock: (block: SimulatedBlock) => Data): Datasource<BlockRef & Data>
  datasource(toBlock?: (block: SimulatedBlock) => object): Datasource {
    const source = simulatedDatasource(this)
    if (toBlock === undefined) return source
    return {
      ...source,
      blocks: async (from, to, call) =>
        (await source.blocks(from, to, call)).map((block) => ({ ...toBlock(block), ...refOf(block) })),
    }
  }

  takeAnnouncement(): BlockRef | undefined {
    return this.#announced.shift()
  }

  nextChange(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #grow(count: number, emptyShare: number): readonly SimulatedBlock[] {
    const added: SimulatedBlock[] = []
    for (let index = 0; index < count; index += 1) {
      const parent = this.blocks.at(-1)
      const level = parent === undefined ? this.firstLevel : parent.level + 1
      const block = makeBlock({
        seed: this.seed,
        nonce: (this.#made += 1),
        level,
        parentHash: parent?.hash ?? NO_PARENT,
        timestamp: FIRST_TIMESTAMP + level * SECONDS_A_BLOCK,
        accounts: this.#accounts,
        emptyShare,
      })
      this.blocks.push(block)
      added.push(block)
    }
    this.#highest = Math.max(this.#highest, this.head.level)
    return added
  }

  #change(): void {
    this.version += 1
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
