import type { Clock } from '../../clock.ts'
import { DatasourceError } from '../../errors.ts'
import type { Endpoint } from './endpoint.ts'
import { isForGood, RpcError } from './rpc-error.ts'
import { TransportError, type RpcAnswer, type RpcCall, type RpcTransport } from './rpc-transport.ts'

/** ms. The first rest of a node that failed; twice as long after each further failure, until it has been well for as long as it rested. */
const FIRST_REST = 250
const LONGEST_REST = 60_000

export interface RpcNodeOptions {
  readonly endpoint: Endpoint
  readonly transport: RpcTransport
  /** For one request, in ms. */
  readonly timeout: number
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
}

/** One node. Every failure is a `DatasourceError` that names it by its origin; nothing is tried twice. */
export class RpcNode {
  readonly #options: RpcNodeOptions
  /** It was a node at least once: what looks like a wrong address now is an outage. */
  #answered = false
  /** In a row. */
  #failures = 0
  #restsUntil = -Infinity
  /** ms, the last time. */
  #rested = 0
  #wellSince = -Infinity
  #failure: DatasourceError | undefined
  /** It serves the chain that it should. */
  isVerified = false

  constructor(options: RpcNodeOptions) {
    this.#options = options
  }

  get origin(): string {
    return this.#options.endpoint.origin
  }

  /** How many ms it is to be left alone; 0: it may be asked. */
  get rest(): number {
    return Math.max(0, this.#restsUntil - this.#options.clock.now())
  }

  /** Why it was left alone; undefined: it is well. */
  get failure(): DatasourceError | undefined {
    return this.#failure
  }

  /**
   * Leaves it alone for `after` ms, or longer and longer, by chance a little more: or all who failed come back at once. Requests that
   * were under way together fail together: that is one failure.
   */
  leave(failure: DatasourceError, after: number | undefined): void {
    const { clock, random } = this.#options
    this.#failure = failure
    if (this.rest > 0 && after === undefined) return
    const backOff = Math.min(LONGEST_REST, FIRST_REST * 2 ** this.#failures) * (0.75 + random() / 2)
    this.#failures += 1
    this.#rested = after ?? backOff
    this.#restsUntil = Math.max(this.#restsUntil, clock.now() + this.#rested)
  }

  /**
   * It has answered. Its failures count until it was well for as long as it rested: one that answers some calls, and fails at others,
   * must not be asked, left and told of several times a second.
   */
  recover(): void {
    const now = this.#options.clock.now()
    if (this.#failure !== undefined) this.#wellSince = now
    this.#failure = undefined
    if (now - this.#wellSince >= this.#rested) this.#failures = 0
  }

  close(): void {
    this.#options.transport.close()
  }

  async request(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly unknown[]> {
    const { clock, timeout, transport } = this.#options
    await transport.prepare?.()
    signal.throwIfAborted()
    const controller = new AbortController()
    const abort = () => controller.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const late = new TransportError(`no answer within ${timeout / 1000} s`, {
      wrongAddress: false,
      hint: 'Is this the URL of an EVM node? One that is only slow needs a longer "timeout" in evm({ … }).',
    })
    const timer = clock.setTimeout(() => controller.abort(late), timeout)
    try {
      const answers = await transport.send(calls, controller.signal)
      return answers.map((answer, index) => this.#result(answer, calls[index]?.method ?? ''))
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      throw this.#failed(error, error === late ? `: ${calls[0]?.method}:` : '')
    } finally {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  #result(answer: RpcAnswer, method: string): unknown {
    if (!('error' in answer)) {
      this.#answered = true
      return answer.result
    }
    const { origin, conceal } = this.#options.endpoint
    const { code, message } = answer.error
    const words = conceal(message)
    const cause = new RpcError(words, code, message)
    throw new DatasourceError(`${origin}: ${method}: ${words}${code === undefined ? '' : ` (${code})`}`, {
      retriable: !isForGood(cause),
      cause,
    })
  }

  #failed(error: TransportError, asked: string): DatasourceError {
    const retriable = !error.wrongAddress || this.#answered
    return new DatasourceError(`${this.#options.endpoint.origin}${asked} ${error.message}`, {
      retriable,
      cause: error,
      ...this.#hint(error.hint),
    })
  }

  /** A URL that worked once is right, and there is nothing to do but to wait. */
  #hint(hint: string | undefined): { readonly hint?: string } {
    return hint === undefined || this.#answered ? {} : { hint }
  }
}
