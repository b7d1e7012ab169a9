import type { Clock } from '../../clock.ts'
import { DatasourceError } from '../../errors.ts'
import type { EvmHeader } from './evm-block.ts'
import { RpcError } from './rpc-error.ts'

export interface FinalLevelOptions {
  /** The block that the node has by the tag `finalized`; undefined: it has none. */
  readonly read: (signal: AbortSignal) => Promise<EvmHeader | undefined>
  readonly origin: string
  readonly clock: Clock
  /** ms for which an answer is as good as a new one. */
  readonly keep: number
}

/**
 * What is final, by the tag `finalized`. What counts instead where a node does not know the tag is a guess, and the journal of levels
 * that it takes for final is gone: so only that very answer means it, and none once the tag was known.
 */
export class FinalLevel {
  readonly #options: FinalLevelOptions
  #last: { readonly level: number | undefined; readonly at: number } | undefined
  #isKnown = false

  constructor(options: FinalLevelOptions) {
    this.#options = options
  }

  /** Undefined: the node does not know the tag. @throws DatasourceError */
  async ask(signal: AbortSignal): Promise<number | undefined> {
    const { clock, keep } = this.#options
    if (this.#last !== undefined && Math.abs(clock.now() - this.#last.at) < keep) return this.#last.level
    const level = await this.#read(signal)
    if (level !== undefined) this.#isKnown = true
    this.#last = { level, at: clock.now() }
    return level
  }

  async #read(signal: AbortSignal): Promise<number | undefined> {
    const { read, origin } = this.#options
    let level: number | undefined
    try {
      level = (await read(signal))?.level
    } catch (error) {
      if (this.#isKnown || !isTagUnknown(error)) throw error
    }
    // Behind a balancer one node may know less than the others; one that was started anew knows nothing for a while.
    if (level === undefined && this.#isKnown)
      throw new DatasourceError(`${origin} does not tell what is final, though it did before`)
    return level
  }
}

/** https://www.jsonrpc.org/specification#error_object, and https://ethereum.github.io/execution-apis/ */
const INVALID_PARAMS = -32_602
const UNKNOWN_BLOCK = -39_001

/** As geth, Erigon, Nethermind, Besu and those made of them say that they have no such block, or take no such tag. */
const WORDS =
  /block (was |is )?not (found|available|set)|(unknown|missing|invalid|unsupported) (block|tag|argument|param)|hex string without 0x/i

/** A limit passes, and says nothing about the tag. */
const LIMIT = /limit|exceed|quota|too many|capacity|time(d )?out/i

function isTagUnknown(error: unknown): boolean {
  if (!(error instanceof DatasourceError && error.cause instanceof RpcError)) return false
  const { message, rpcCode } = error.cause
  if (LIMIT.test(message)) return false
  return rpcCode === INVALID_PARAMS || rpcCode === UNKNOWN_BLOCK || WORDS.test(message)
}
