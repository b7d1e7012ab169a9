import type { Clock } from '../../clock.ts'
import { DatasourceError } from '../../errors.ts'
import type { Endpoint } from './endpoint.ts'
import { TransportError, type RpcAnswer, type RpcCall, type RpcTransport } from './rpc-transport.ts'

/** https://www.jsonrpc.org/specification#error_object */
const METHOD_NOT_FOUND = -32_601

/** Requests under way at a time for one batch that is larger than one request may be. */
const CONCURRENCY = 4

export interface JsonRpcOptions {
  readonly endpoint: Endpoint
  readonly transport: RpcTransport
  /** The most calls in one request. */
  readonly batchSize: number
  /** For one request, in ms. */
  readonly timeout: number
  readonly clock: Clock
}

/** The node's own error, as the cause of a `DatasourceError`. */
export class RpcError extends Error {
  readonly rpcCode: number | undefined

  constructor(message: string, rpcCode: number | undefined) {
    super(message)
    this.rpcCode = rpcCode
  }
}

/** Calls a node. Every failure is a `DatasourceError` that names the node by its origin; nothing is tried twice. */
export class JsonRpc {
  readonly #options: JsonRpcOptions
  /** It was a node at least once: what looks like a wrong address now is an outage. */
  #answered = false

  constructor(options: JsonRpcOptions) {
    this.#options = options
  }

  async call(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    return (await this.#request([{ method, params }], signal))[0]
  }

  /** Results in the order of the calls; one that fails fails all. */
  async batch(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly unknown[]> {
    const { batchSize } = this.#options
    const results: unknown[] = []
    for (let start = 0; start < calls.length; start += batchSize * CONCURRENCY) {
      const requests: Promise<readonly unknown[]>[] = []
      for (let index = 0; index < CONCURRENCY; index += 1) {
        const from = start + index * batchSize
        const part = calls.slice(from, from + batchSize)
        if (part.length > 0) requests.push(this.#request(part, signal))
      }
      for (const part of await Promise.all(requests)) results.push(...part)
    }
    return results
  }

  close(): void {
    this.#options.transport.close()
  }

  async #request(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly unknown[]> {
    signal.throwIfAborted()
    const { clock, timeout, transport } = this.#options
    const controller = new AbortController()
    const abort = () => controller.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const timer = clock.setTimeout(() => controller.abort(this.#timedOut(calls)), timeout)
    try {
      const answers = await transport.send(calls, controller.signal)
      return answers.map((answer, index) => this.#result(answer, calls[index]?.method ?? ''))
    } catch (error) {
      throw error instanceof TransportError ? this.#failed(error) : error
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

  #failed(error: TransportError): DatasourceError {
    const retriable = !error.wrongAddress || this.#answered
    return new DatasourceError(`${this.#options.endpoint.origin} ${error.message}`, {
      retriable,
      cause: error,
      ...(error.wrongAddress ? { hint: 'Is this the URL of an EVM node, with its key?' } : {}),
    })
  }

  #timedOut(calls: readonly RpcCall[]): DatasourceError {
    const { endpoint, timeout } = this.#options
    return new DatasourceError(`${endpoint.origin}: ${calls[0]?.method}: no answer within ${timeout} ms`)
  }
}
