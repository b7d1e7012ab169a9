import type { Clock } from '../../clock.ts'
import type { Endpoint } from '../evm/endpoint.ts'
import { untilAborted } from '../abort.ts'
import { sleep } from '../sleep.ts'
import { SignalRConnection } from './signalr-connection.ts'
import { findWebSocket } from '../web-socket.ts'

/** ms between two attempts to connect: twice as long each time, up to a minute. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

/** What the channel's messages are: the answer to a subscription, news, and that levels left the chain. */
const DATA = 1
const REORG = 2

/**
 * TzKT's channel of heads: closed → connecting → live, and back to connecting when it breaks, until it is closed.
 * Begins with the first who waits. It only tells that there may be another head; what the head is, is always asked.
 */
export class HeadChannel {
  readonly #endpoint: Endpoint
  readonly #clock: Clock
  #run: AbortController | undefined
  #live = false
  #version = 0
  #hash: string | undefined
  readonly #waiting = new Set<() => void>()

  constructor(endpoint: Endpoint, clock: Clock) {
    this.#endpoint = endpoint
    this.#clock = clock
  }

  /** Heads are told as they come. */
  get live(): boolean {
    return this.#live
  }

  /** Goes up with everything after which there may be another head. */
  get version(): number {
    return this.#version
  }

  /** The hash of the head that it last told of; undefined: something else happened since. */
  get hash(): string | undefined {
    return this.#hash
  }

  /** Resolves with the next change of `version`. */
  async change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#start()
    let wake = () => {}
    try {
      await untilAborted(signal, new Promise<void>((resolve) => this.#waiting.add((wake = resolve))))
    } finally {
      this.#waiting.delete(wake)
    }
  }

  close(): void {
    this.#run?.abort(new Error('closed'))
    this.#run = undefined
    this.#live = false
  }

  #start(): void {
    if (this.#run !== undefined) return
    this.#run = new AbortController()
    // Ends by being closed; nothing in it throws otherwise.
    void this.#connect(this.#run.signal).catch(() => {})
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const WebSocket = await findWebSocket()
    if (WebSocket === undefined) return
    const url = this.#endpoint.url.replace(/^http/, 'ws')
    const address = new URL(url)
    address.pathname = `${address.pathname.replace(/\/$/, '')}/v1/ws`
    for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
      const connection = new SignalRConnection({
        socket: new WebSocket(address.href, { headers: this.#endpoint.headers }),
        clock: this.#clock,
        onInvocation: (target, args) => {
          if (target === 'head') for (const message of args) this.#receive(message)
        },
      })
      const close = () => connection.close('closed')
      signal.addEventListener('abort', close, { once: true })
      try {
        await connection.opened()
        await connection.invoke('SubscribeToHead')
        this.#live = true
        pause = FIRST_PAUSE
        // Heads may have come and gone since the last that was told.
        this.#tell(undefined)
      } catch {
        connection.close('it did not open')
      }
      await connection.closed
      signal.removeEventListener('abort', close)
      signal.throwIfAborted()
      if (this.#live) {
        this.#live = false
        this.#tell(undefined)
      }
      await sleep(this.#clock, pause * (0.5 + Math.random()), signal)
    }
  }

  #receive(message: unknown): void {
    const { type, data } = (message ?? {}) as {
      readonly type?: unknown
      readonly data?: { readonly hash?: unknown }
    }
    if (type === REORG) this.#tell(undefined)
    if (type === DATA) this.#tell(typeof data?.hash === 'string' ? data.hash : undefined)
  }

  #tell(hash: string | undefined): void {
    this.#version += 1
    this.#hash = hash
    for (const wake of this.#waiting) wake()
  }
}
