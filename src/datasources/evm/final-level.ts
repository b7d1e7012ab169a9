import type { Clock } from '../../clock.ts'
import { DatasourceError } from '../../errors.ts'
import type { EvmHeader } from './evm-block.ts'
import { isAboutTheQuestion, RpcError } from './rpc-error.ts'

export interface FinalLevelOptions {
  /** The block that the node has by the tag `finalized`; undefined: it has none. */
  readonly read: (signal: AbortSignal) => Promise<EvmHeader | undefined>
  readonly clock: Clock
  /** ms for which an answer is as good as a new one. */
  readonly keep: number
}

/**
 * What is final, by the tag `finalized`. What counts instead where a node does not know the tag is a guess: so only that very answer
 * means it.
 */
export class FinalLevel {
  readonly #options: FinalLevelOptions
  #last: { readonly level: number | undefined; readonly at: number } | undefined

  constructor(options: FinalLevelOptions) {
    this.#options = options
  }

  /** Undefined: the node does not know the tag. @throws DatasourceError */
  async ask(signal: AbortSignal): Promise<number | undefined> {
    const { clock, keep } = this.#options
    if (this.#last !== undefined && Math.abs(clock.now() - this.#last.at) < keep) return this.#last.level
    const level = await this.#read(signal)
    this.#last = { level, at: clock.now() }
    return level
  }

  async #read(signal: AbortSignal): Promise<number | undefined> {
    try {
      return (await this.#options.read(signal))?.level
    } catch (error) {
      if (isTagUnknown(error)) return undefined
      throw error
    }
  }
}

function isTagUnknown(error: unknown): boolean {
  return (
    error instanceof DatasourceError && error.cause instanceof RpcError && isAboutTheQuestion(error.cause)
  )
}
