import { setMaxListeners } from 'node:events'
import { untilAborted } from '../abort.ts'
import type { Endpoint } from './endpoint.ts'
import { loadViem } from './viem.ts'

/**
 * The heads that a node pushes (`eth_subscribe newHeads`). It subscribes with the first look, and again with the first one after
 * the socket broke: whoever polls beside it loses nothing. Heads come twice, late, and from branches that are gone.
 */
export class HeadFeed {
  readonly #endpoint: Endpoint
  #isSubscribed = false
  /** The newest one by arrival, as the node sent it. */
  #newest: unknown
  #count = 0
  readonly #waiting = new Set<() => void>()
  #isClosed = false
  #close: (() => void) | undefined

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  get newest(): unknown {
    return this.#newest
  }

  /** How many have come so far. */
  get count(): number {
    return this.#count
  }

  /** Resolves when more than `count` have come. Never rejects but for `signal`: a feed that is broken is silent. */
  async next(count: number, signal: AbortSignal): Promise<void> {
    if (!this.#isSubscribed) {
      this.#isSubscribed = true
      this.#subscribe().catch(() => {
        this.#isSubscribed = false
      })
    }
    if (this.#count > count) return
    let wake = (): void => {}
    try {
      await untilAborted(signal, new Promise<void>((resolve) => this.#waiting.add((wake = resolve))))
    } finally {
      this.#waiting.delete(wake)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#close?.()
  }

  async #subscribe(): Promise<void> {
    const { getWebSocketRpcClient } = await loadViem()
    // As for requests, and so the same socket where those go to this node, too.
    const client = await getWebSocketRpcClient(this.#endpoint.url, { reconnect: false, keepAlive: false })
    // Closed while it connected: an open socket would keep the process.
    if (this.#isClosed) return client.close()
    this.#close = () => client.close()
    const broke = (): void => {
      this.#isSubscribed = false
    }
    // Of each index over this URL there is a feed, and of all of them one socket: that many listen is no leak.
    setMaxListeners(0, client.socket)
    client.socket.addEventListener('close', broke)
    client.request({
      body: { method: 'eth_subscribe', params: ['newHeads'] },
      onResponse: (response) => this.#take(response),
      onError: broke,
    })
  }

  /** What has no header is the answer to the subscription. A node that refuses it is polled, and not asked again. */
  #take(response: unknown): void {
    const { params } = response as { params?: { result?: unknown } }
    if (params?.result === undefined) return
    this.#newest = params.result
    this.#count += 1
    for (const wake of this.#waiting) wake()
  }
}
