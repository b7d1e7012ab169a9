import type { Clock } from '../../clock.ts'
import { DatasourceError } from '../../errors.ts'
import { sleep } from '../sleep.ts'
import { isRangeTooLarge } from './range-too-large.ts'
import { isNodeAtFault, rateLimit } from './rpc-error.ts'
import type { RpcNode } from './rpc-node.ts'
import type { RpcCall } from './rpc-transport.ts'

/** Requests under way at a time for one batch that is larger than one request may be. */
const CONCURRENCY = 4

/** Tries of a request that is refused because there were too many. */
const TRIES = 5

/** ms. Whoever asks waits no longer for a node that wants to be left alone: it is told, and the index tries again later. */
const LONGEST_WAIT = 10_000

/** ms that one request takes at most, all its tries and waits together, where the nodes have `timeout` each. */
export function longestRequest(timeout: number, nodes: number): number {
  return Math.max(TRIES, nodes) * (timeout + LONGEST_WAIT)
}

export interface JsonRpcOptions {
  /** In the order of preference; all serve one chain. */
  readonly nodes: readonly [RpcNode, ...RpcNode[]]
  /** The most calls in one request. */
  readonly batchSize: number
  readonly clock: Clock
}

/**
 * Calls the first of the nodes that can be asked. One that is away, fails by itself, serves another chain, or wants to be asked less, is
 * left alone for a while, and the next one is asked instead; where all are, it waits. Every failure is a `DatasourceError` that names the node by its origin.
 */
export class JsonRpc {
  readonly #options: JsonRpcOptions
  /** What the nodes answered to `eth_chainId`. */
  #chain: unknown
  /** Told of nodes that are left alone, and asked again. */
  note: ((message: string) => void) | undefined

  constructor(options: JsonRpcOptions) {
    this.#options = options
  }

  async call(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    return (await this.#request([{ method, params }], signal))[0]
  }

  /**
   * Results in the order of the calls; one that fails fails all. Each `together` of them, in a row, are answered by one node, also where
   * a request cannot hold so many.
   */
  async batch(calls: readonly RpcCall[], signal: AbortSignal, together = 1): Promise<readonly unknown[]> {
    const batchSize = Math.max(together, this.#options.batchSize - (this.#options.batchSize % together))
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
    for (const node of this.#options.nodes) node.close()
  }

  async #request(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly unknown[]> {
    const { nodes, clock } = this.#options
    for (let tries = 1; ; tries += 1) {
      const node = this.#choose()
      if (node.rest > LONGEST_WAIT) throw leftAlone(node)
      if (node.rest > 0) await sleep(clock, node.rest, signal)
      const told = node.failure?.message
      try {
        await this.#verify(node, signal)
        const results = await this.#send(node, calls, signal)
        node.recover()
        if (told !== undefined) this.note?.(`${node.origin} answers again`)
        return results
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof DatasourceError)) throw error
        // Fewer levels at once would do; some nodes speak of limits and throughput there.
        if (isRangeTooLarge(error)) throw error
        const limit = rateLimit(error)
        const isLeft = limit !== undefined || (nodes.length > 1 && isNodeAtFault(error))
        if (!isLeft) throw this.#inAll(error)
        // What comes back may be another one.
        if (limit === undefined) node.isVerified = false
        node.leave(error, limit?.after)
        if (error.message !== told) this.note?.(`${error.message}; left alone for ${Math.ceil(node.rest)} ms`)
        if (tries >= (limit === undefined ? nodes.length : TRIES)) throw this.#inAll(error)
      }
    }
  }

  async #send(node: RpcNode, calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly unknown[]> {
    const { batchSize } = this.#options
    const parts: Promise<readonly unknown[]>[] = []
    for (let start = 0; start < calls.length; start += batchSize)
      parts.push(node.request(calls.slice(start, start + batchSize), signal))
    return (await Promise.all(parts)).flat()
  }

  /** What one node refuses for good is no reason to stop for good, as long as another one is only away. */
  #inAll(error: DatasourceError): DatasourceError {
    if (error.retriable) return error
    const passing = this.#options.nodes.find(({ failure }) => failure?.retriable === true)?.failure
    if (passing === undefined) return error
    this.note?.(error.message)
    return passing
  }

  /** The first that may be asked now; else the one that may be soonest. */
  #choose(): RpcNode {
    const { nodes } = this.#options
    return (
      nodes.find(({ rest }) => rest === 0) ?? nodes.reduce((best, one) => (one.rest < best.rest ? one : best))
    )
  }

  /** Two nodes of two chains would make one index of both. */
  async #verify(node: RpcNode, signal: AbortSignal): Promise<void> {
    if (node.isVerified || this.#options.nodes.length === 1) return
    const [chain] = await node.request([{ method: 'eth_chainId', params: [] }], signal)
    const other = this.otherChain(node.origin, chain)
    if (other !== undefined) throw other
    node.isVerified = true
  }

  /** Why a node that answered so to `eth_chainId` is not to be believed beside the others; undefined: it is. */
  otherChain(origin: string, chain: unknown): DatasourceError | undefined {
    this.#chain ??= chain
    if (chain === this.#chain) return undefined
    return new DatasourceError(`${origin} serves chain ${String(chain)}, and not ${String(this.#chain)}`, {
      retriable: false,
      hint: 'All URLs of one datasource have to be of nodes of one chain.',
    })
  }
}

/** It rests for long: it said so, or it failed again and again, as did the others. */
function leftAlone(node: RpcNode): DatasourceError {
  const { origin, rest, failure } = node
  if (failure !== undefined && rateLimit(failure) === undefined) {
    return new DatasourceError(`${failure.message}; asked again in ${Math.ceil(rest / 1000)} s`, {
      cause: failure,
    })
  }
  return new DatasourceError(`${origin} wants not to be asked for another ${Math.ceil(rest / 1000)} s`, {
    hint: 'Its rate limit is reached. A second URL in evm({ url: […] }) is asked meanwhile.',
  })
}
