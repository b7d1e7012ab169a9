import type { ServerResponse } from 'node:http'

/** Bytes that wait in this process for a reader; a snapshot of 1,000 jobs has some 400 kB. */
const MOST_WAITING = 1_000_000
/** ms. So often a viewer hears something, and knows that it is connected. */
const HEARTBEAT = 10_000
const MOST_VIEWERS = 20

interface Viewer {
  readonly response: ServerResponse
  /** Changes that it did not get since it fell behind. */
  dropped: number
  behind: boolean
}

export interface ViewersOptions {
  /** As a message; `dropped` changes did not get through. */
  readonly snapshot: (dropped: number) => string
  /** The first has come. */
  readonly onFirst: () => void
  /** The last has gone. */
  readonly onLast: () => void
}

/**
 * Those who look, each over a stream of server-sent events. Nobody waits for a slow one: once too much waits for it, it gets
 * nothing more, until it has read all; then everything as it is then.
 */
export class Viewers {
  readonly #options: ViewersOptions
  readonly #viewers = new Set<Viewer>()
  #heartbeat: NodeJS.Timeout | undefined

  constructor(options: ViewersOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#viewers.size
  }

  get isFull(): boolean {
    return this.#viewers.size >= MOST_VIEWERS
  }

  /** Takes the response over, and keeps it until its reader goes. */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    const viewer: Viewer = { response, dropped: 0, behind: false }
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.on('close', () => this.#remove(viewer))
    response.on('drain', () => this.#caughtUp(viewer))
    this.#viewers.add(viewer)
    if (this.#viewers.size === 1) {
      this.#options.onFirst()
      this.#heartbeat = setInterval(() => this.#write(': \n\n'), HEARTBEAT).unref()
    }
    response.write(frame(this.#options.snapshot(0)))
  }

  /** To all that keep up. */
  send(message: string): void {
    this.#write(frame(message))
  }

  /** The last message; the streams end with it. */
  end(message: string): void {
    for (const { response } of this.#viewers) response.end(frame(message))
  }

  #write(text: string): void {
    for (const viewer of this.#viewers) {
      if (viewer.behind || viewer.response.writableLength > MOST_WAITING) {
        viewer.behind = true
        viewer.dropped += 1
      } else viewer.response.write(text)
    }
  }

  #caughtUp(viewer: Viewer): void {
    if (!viewer.behind || !this.#viewers.has(viewer)) return
    const { dropped } = viewer
    viewer.behind = false
    viewer.dropped = 0
    viewer.response.write(frame(this.#options.snapshot(dropped)))
  }

  #remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer) || this.#viewers.size > 0) return
    clearInterval(this.#heartbeat)
    this.#options.onLast()
  }
}

/** JSON has no line breaks of its own. */
const frame = (message: string): string => `data: ${message}\n\n`
