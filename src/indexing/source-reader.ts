import type { Clock } from '../clock.ts'
import type { BlockRef, Datasource } from '../datasources/datasource.ts'
import type { Logger } from '../logger.ts'
import { DatasourceError } from '../errors.ts'
import { reasonOf } from '../text/reason-of.ts'
import { blocksFault, linkFault, refFault, type BlockRange } from './answer-fault.ts'
import { sleep, withTimeout } from './with-timeout.ts'

export interface SourceOptions {
  /** The index that asks. */
  readonly index: string
  readonly datasource: Datasource
  readonly clock: Clock
  /** ms a call may take. */
  readonly timeout: number
  /** Told of what a source notes. */
  readonly logger?: Logger
  /** ms between two looks at a source that does not tell of new heads. Default: 1,000. */
  readonly pollInterval?: number | undefined
}

const POLL_INTERVAL = 1_000

/** Of a block whose source does not tell: full ones of any chain are more rarely than not below it. */
const BYTES = 8_000

/** An answer whose blocks do not follow each other is asked for so often: a reorg in between looks like that. */
const TRIES = 3

type AskForBlocks = (signal: AbortSignal) => Promise<readonly BlockRef[]>

interface LinkOptions {
  /** Nothing was indexed yet: the chain may begin anywhere in the range. */
  readonly mayBeginLater: boolean
}

/**
 * A datasource that cannot be trusted, read so that it can be: every call has its time, every answer is checked.
 * All methods throw DatasourceError, naming index, source and what was asked; or the signal's reason.
 */
export class SourceReader {
  readonly #options: SourceOptions

  constructor(options: SourceOptions) {
    this.#options = options
  }

  readonly #note = (message: string): void => this.#options.logger?.warn(message)

  get description(): string {
    return this.#options.datasource.description
  }

  /** Undefined: it does not tell. */
  async chain(signal: AbortSignal): Promise<string | undefined> {
    const { index, datasource } = this.#options
    if (datasource.chain === undefined) return undefined
    const chain: unknown = await this.#ask('its chain', signal, (own) =>
      datasource.chain?.({ index, signal: own }),
    )
    if (typeof chain !== 'string' || chain === '') throw this.#garbage('its chain', 'that is no name')
    return chain
  }

  async head(cursor: BlockRef | undefined, signal: AbortSignal): Promise<BlockRef> {
    const { index, datasource } = this.#options
    const head = await this.#ask('its head', signal, (own) =>
      datasource.head({ index, cursor, signal: own, note: this.#note }),
    )
    const fault = refFault(head)
    if (fault !== undefined) throw this.#garbage('its head', fault)
    return head
  }

  /** The highest level that no reorg can take off; may be below the first one. Undefined: it does not tell. */
  async finalized(signal: AbortSignal): Promise<number | undefined> {
    const { index, datasource } = this.#options
    const finalized: unknown = await this.#ask('what is final', signal, (own) =>
      datasource.finalized?.({ index, signal: own }),
    )
    if (finalized === undefined) return undefined
    if (!Number.isSafeInteger(finalized)) throw this.#garbage('what is final', 'that is no level')
    return finalized as number
  }

  /** Blocks of the range, each linked to the one before where their levels follow each other. */
  blocks(range: BlockRange, signal: AbortSignal, options?: LinkOptions): Promise<readonly BlockRef[]> {
    const { index, datasource } = this.#options
    const { from, to, finalized } = range
    const ask: AskForBlocks = (own) =>
      datasource.blocks(from, to, { index, finalized, signal: own, note: this.#note })
    return this.#linked(range, ask, signal, options)
  }

  /** All blocks of the range, for comparing: maybe without what is in them. */
  refs(
    { from, to }: Omit<BlockRange, 'finalized'>,
    signal: AbortSignal,
    options?: LinkOptions,
  ): Promise<readonly BlockRef[]> {
    const { index, datasource } = this.#options
    // Nothing counts as final here: a block that is left out could not be compared.
    const range = { from, to, finalized: from - 1 }
    const read = datasource.refs?.bind(datasource)
    if (read === undefined) return this.blocks(range, signal, options)
    const ask: AskForBlocks = (own) => read(from, to, { index, signal: own, note: this.#note })
    return this.#linked(range, ask, signal, options)
  }

  async #linked(
    range: BlockRange,
    ask: AskForBlocks,
    signal: AbortSignal,
    options: LinkOptions = { mayBeginLater: false },
  ): Promise<readonly BlockRef[]> {
    const { from, to } = range
    const asked = from === to ? `level ${from}` : `levels ${from} to ${to}`
    for (let tries = 1; ; tries += 1) {
      const blocks = await this.#ask(asked, signal, ask)
      const fault = blocksFault(blocks, range, options)
      if (fault !== undefined) throw this.#garbage(asked, fault)
      const broken = linkFault(blocks)
      if (broken === undefined) return blocks
      if (tries === TRIES) throw this.#garbage(asked, `${broken} – ${TRIES} times`)
    }
  }

  /** Of blocks in memory, roughly. */
  bytesOf(blocks: readonly BlockRef[]): number {
    const { datasource } = this.#options
    return blocks.reduce((sum, block) => sum + (datasource.bytesOf?.(block) ?? BYTES), 0)
  }

  /** Resolves when there may be another head: when the source says so, or when it is time to look. No timeout. */
  async changed(cursor: BlockRef | undefined, signal: AbortSignal): Promise<void> {
    const { index, datasource, clock, pollInterval = POLL_INTERVAL } = this.#options
    if (datasource.changed === undefined) return sleep(clock, pollInterval, signal)
    await this.#ask(
      'a new head',
      signal,
      (own) => datasource.changed?.({ index, cursor, signal: own, note: this.#note }),
      {
        timed: false,
      },
    )
  }

  /** Is what it serves as new as the chain? */
  async caughtUp(cursor: BlockRef | undefined, signal: AbortSignal): Promise<boolean> {
    const { index, datasource } = this.#options
    if (datasource.caughtUp === undefined) return true
    const caughtUp: unknown = await this.#ask('whether it has caught up', signal, (own) =>
      datasource.caughtUp?.({ index, cursor, signal: own }),
    )
    if (typeof caughtUp !== 'boolean')
      throw this.#garbage('whether it has caught up', 'that is neither true nor false')
    return caughtUp
  }

  /** An error of the source itself, for what only shows when answers are compared. */
  contradiction(what: string): DatasourceError {
    return new DatasourceError(`${this.#name} contradicts itself: ${what}`)
  }

  silentOnFinality(): DatasourceError {
    return new DatasourceError(`${this.#name} does not tell what is final, though it did before`, {
      hint:
        'A node that was started anew knows it after a while. For one that never does, give the index a "finality", and have ' +
        '`pawl schema approve` forget that it was told.',
    })
  }

  get #name(): string {
    return `index "${this.#options.index}": ${this.description}`
  }

  #garbage(asked: string, fault: string): DatasourceError {
    return new DatasourceError(
      `${this.#name} was asked for ${asked}, and its answer cannot be used: ${fault}`,
    )
  }

  async #ask<T>(
    asked: string,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<T> | T,
    { timed }: { readonly timed: boolean } = { timed: true },
  ): Promise<T> {
    const { clock, datasource } = this.#options
    const timeout = Math.max(this.#options.timeout, datasource.timeout ?? 0)
    const late = (): DatasourceError =>
      new DatasourceError(`${this.#name} was asked for ${asked}, and did not answer in ${timeout / 1000} s`)
    try {
      return await withTimeout({ clock, timeout: timed ? timeout : undefined, signal, late }, call)
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof DatasourceError) throw cause
      const reason = cause instanceof Error ? '' : `: ${reasonOf(cause)}`
      throw new DatasourceError(`${this.#name} failed when it was asked for ${asked}${reason}`, { cause })
    }
  }
}
