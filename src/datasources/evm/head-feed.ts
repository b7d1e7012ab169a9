import { untilAborted } from '../abort.ts'
import type { Endpoint } from './endpoint.ts'
import { readHeader } from './evm-block.ts'
import { openSocket } from './open-socket.ts'

/** From the first look until the socket breaks, or the feed is closed. */
interface Subscription {
  isOver: boolean
  close: () => void
}

/** Heads in a row that were found by asking before a feed counts as silent: one or two are only slower than whoever asks. */
const PATIENCE = 3
/** A node that subscribes and pushes nothing is asked to anew after twice as many each time, up to this many. */
const LONGEST_PATIENCE = 1_024

/**
 * The heads that a node pushes (`eth_subscribe newHeads`). It subscribes with the first look, and again with the first one after
 * the socket broke, or has been silent while heads came: whoever polls beside it loses nothing. Heads come twice, late, and from
 * branches that are gone.
 */
export class HeadFeed {
  readonly #endpoint: Endpoint
  readonly #isTrusted: ((chain: unknown) => boolean) | undefined
  #subscription: Subscription | undefined
  /** The newest one by arrival, as the node sent it. */
  #newest: unknown
  #count = 0
  #patience = PATIENCE
  /** That it did not push, since the last one that it did. */
  readonly #missed = new Set<string>()
  /** The node does not push. */
  #isRefused = false
  readonly #waiting = new Set<() => void>()

  /** @param isTrusted whether heads of the node count that answered so to `eth_chainId`; undefined: it need not be asked */
  constructor(endpoint: Endpoint, isTrusted?: (chain: unknown) => boolean) {
    this.#endpoint = endpoint
    this.#isTrusted = isTrusted
  }

  get origin(): string {
    return this.#endpoint.origin
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
    if (this.#subscription === undefined) {
      const opening = new AbortController()
      const own = (this.#subscription = { isOver: false, close: () => opening.abort(new Error('closed')) })
      this.#subscribe(own, opening.signal).catch(() => this.#end(own))
    }
    if (this.#count > count) return
    let wake = (): void => {}
    try {
      await untilAborted(signal, new Promise<void>((resolve) => this.#waiting.add((wake = resolve))))
    } finally {
      this.#waiting.delete(wake)
    }
  }

  /**
   * A head that came was found by asking.
   * @returns whether that were so many that it is given up: the next look subscribes again
   */
  miss(hash: string): boolean {
    if (this.#subscription === undefined || this.#isRefused) return false
    this.#missed.add(hash)
    if (this.#missed.size < this.#patience) return false
    this.#missed.clear()
    this.#patience = Math.min(LONGEST_PATIENCE, this.#patience * 2)
    this.close()
    return true
  }

  /** The next look subscribes again. */
  close(): void {
    const own = this.#subscription
    if (own === undefined) return
    this.#end(own)
    own.close()
  }

  #end(own: Subscription): void {
    own.isOver = true
    if (this.#subscription === own) this.#subscription = undefined
  }

  async #subscribe(own: Subscription, signal: AbortSignal): Promise<void> {
    // As for requests, and so the same socket where those go to this node, too.
    const client = await openSocket(this.#endpoint, signal)
    // Closed while it connected: an open socket would keep the process.
    if (own.isOver) return client.close()
    own.close = () => client.close()
    const broke = (): void => this.#end(own)
    client.socket.addEventListener('close', broke)
    const subscribe = (): void =>
      client.request({
        body: { method: 'eth_subscribe', params: ['newHeads'] },
        onResponse: (response) => this.#take(response),
        onError: broke,
      })
    if (this.#isTrusted === undefined) return subscribe()
    // With each connection: what comes back may be another one.
    client.request({
      body: { method: 'eth_chainId', params: [] },
      onResponse: ({ result }) => {
        // One that does not tell pushes nothing either: it is asked anew as one that fell silent.
        if (!own.isOver && typeof result === 'string' && this.#isTrusted?.(result) === true) subscribe()
      },
      onError: broke,
    })
  }

  /** What has no header is the answer to the subscription. A node that refuses it is polled, and not asked again. */
  #take(response: unknown): void {
    const { params, error } = response as { params?: { result?: unknown }; error?: unknown }
    if (error !== undefined) this.#isRefused = true
    if (!this.#isHead(params?.result)) return
    this.#missed.clear()
    this.#patience = PATIENCE
    this.#newest = params?.result
    this.#count += 1
    for (const wake of this.#waiting) wake()
  }

  /** One that cannot be read is as one that got lost: the node is asked, too. */
  #isHead(raw: unknown): boolean {
    try {
      return readHeader(raw, this.#endpoint.origin) !== undefined
    } catch {
      return false
    }
  }
}
