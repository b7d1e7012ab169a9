// Between a stream of ours and the hosted Stately Inspector, in a browser. Imports nothing: two pages load it as it is.

/** Where the hosted inspector is. It says from there that it has loaded. */
export const HOSTED = 'https://stately.ai/inspect'

/** A window or frame that the hosted inspector is in. */
export interface HostedWindow {
  postMessage(message: unknown, targetOrigin: string): void
}

export interface StatelyBridgeOptions {
  readonly target: HostedWindow
  /** The hosted inspector's: nobody else is told anything, and nobody else is listened to. */
  readonly origin: string
  /** Opens the stream: its text, in pieces. */
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<string>>
  /** Default: 1,000 ms. */
  readonly retryAfter?: number
  readonly onState?: (state: 'connected' | 'reconnecting') => void
}

/** What the hosted inspector says when it has loaded, and each time that it has loaded again. */
const CONNECTED = '@statelyai.connected'

/**
 * Each time the hosted inspector says that it is there, the stream is opened anew: it begins with every actor as it is then.
 * A stream that breaks is opened again. So neither a late nor a reloaded inspector, nor a restarted server, misses a definition.
 */
export class StatelyBridge {
  readonly #options: StatelyBridgeOptions
  #following: AbortController | undefined

  constructor(options: StatelyBridgeOptions) {
    this.#options = options
  }

  /** Each `message` event of the window. */
  hear({
    data,
    origin,
    source,
  }: {
    readonly data: unknown
    readonly origin: string
    readonly source: unknown
  }): void {
    if (origin !== this.#options.origin || source !== this.#options.target) return
    if ((data as { readonly type?: unknown } | null)?.type !== CONNECTED) return
    this.close()
    const following = new AbortController()
    this.#following = following
    void this.#follow(following.signal)
  }

  close(): void {
    this.#following?.abort()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { open, retryAfter = 1_000, onState } = this.#options
    while (!signal.aborted) {
      try {
        const pieces = await open(signal)
        onState?.('connected')
        await this.#pass(pieces, signal)
      } catch {
        // It went away, and comes again.
      }
      if (signal.aborted) return
      onState?.('reconnecting')
      await new Promise((resolve) => setTimeout(resolve, retryAfter))
    }
  }

  async #pass(pieces: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    let text = ''
    for await (const piece of pieces) {
      if (signal.aborted) return
      text += piece
      const frames = text.split('\n\n')
      text = frames.pop() ?? ''
      for (const frame of frames) {
        if (frame.startsWith('data: '))
          this.#options.target.postMessage(JSON.parse(frame.slice(6)), this.#options.origin)
      }
    }
  }
}
