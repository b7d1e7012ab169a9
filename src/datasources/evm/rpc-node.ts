import type { Clock } from '../../clock.ts'
import { DatasourceError } from '../../errors.ts'
import type { Endpoint } from './endpoint.ts'
import { RpcError } from './rpc-error.ts'
import { TransportError, type RpcAnswer, type RpcCall, type RpcTransport } from './rpc-transport.ts'

/** https://www.jsonrpc.org/specification#error_object */
const METHOD_NOT_FOUND = -32_601

/** ms. The first rest of a node that failed; twice as long after each further failure. */
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

  get isWell(): boolean {
    return this.#failure === undefined
  }

  /** Why it was left alone; undefined: it is well. */
  get failure(): DatasourceError | undefined {
    return this.#failure
  }

  /** Leaves it alone for `after` ms, or longer and longer, by chance a little more: or all who failed come back at once. */
  leave(failure: DatasourceError, after: number | undefined): void {
    const { clock, random } = this.#options
    const backOff = Math.min(LONGEST_REST, FIRST_REST * 2 ** this.#failures) * (0.75 + random() / 2)
    this.#failures += 1
    this.#failure = failure
    this.#restsUntil = clock.now() + (after ?? backOff)
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
      const results = answers.map((answer, index) => this.#result(answer, calls[index]?.method ?? ''))
      this.#failures = 0
      this.#failure = undefined
      return results
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
    throw new DatasourceError(`${origin}: ${method}: ${words}${code === undefined ? '' : ` (${code})`}`, {
      retriable: code !== METHOD_NOT_FOUND,
      cause: new RpcError(words, code),
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
