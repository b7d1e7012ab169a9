import type { ServerResponse } from 'node:http'
import type { Audience } from './audience.ts'

/** Bytes that wait in this process for a reader; a snapshot of 1,000 jobs has some 400 kB. */
const MOST_WAITING = 1_000_000
/** ms. So often a viewer hears something, and knows that it is connected. */
const HEARTBEAT = 10_000
const MOST_VIEWERS = 20

interface Viewer {
  readonly response: ServerResponse
  readonly audience: Audience
  /** Changes that it did not get since it fell behind. */
  dropped: number
  behind: boolean
}

export interface ViewersOptions {
  /** What somebody who looks at this is told at first; `dropped` changes did not get through. */
  readonly snapshot: (audience: Audience, dropped: number) => object
  /** One has come or gone: what those who are left look at. */
  readonly onAudience: (audiences: ReadonlySet<Audience>) => void
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
  add(response: ServerResponse, audience: Audience, headers: Readonly<Record<string, string>>): void {
    const viewer: Viewer = { response, audience, dropped: 0, behind: false }
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.on('close', () => this.#remove(viewer))
    response.on('drain', () => this.#caughtUp(viewer))
    this.#viewers.add(viewer)
    this.#options.onAudience(this.#audiences())
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT).unref()
    response.write(frame(this.#options.snapshot(audience, 0)))
  }

  /** To all that keep up, each what concerns it. Made once for all that look at the same. */
  send(messageFor: (audience: Audience) => object | undefined): void {
    const texts = new Map<Audience, string>()
    for (const viewer of this.#viewers) {
      const { audience } = viewer
      if (!texts.has(audience)) {
        const message = messageFor(audience)
        texts.set(audience, message === undefined ? '' : frame(message))
      }
      this.#write(viewer, texts.get(audience) ?? '')
    }
  }

  /** The last message; the streams end with it. */
  end(message: object): void {
    for (const { response } of this.#viewers) response.end(frame(message))
  }

  #beat(): void {
    for (const viewer of this.#viewers) this.#write(viewer, ': \n\n')
  }

  #write(viewer: Viewer, text: string): void {
    if (text === '') return
    if (viewer.behind || viewer.response.writableLength > MOST_WAITING) {
      viewer.behind = true
      viewer.dropped += 1
    } else viewer.response.write(text)
  }

  #caughtUp(viewer: Viewer): void {
    if (!viewer.behind || !this.#viewers.has(viewer)) return
    const { dropped } = viewer
    viewer.behind = false
    viewer.dropped = 0
    viewer.response.write(frame(this.#options.snapshot(viewer.audience, dropped)))
  }

  #remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return
    this.#options.onAudience(this.#audiences())
    if (this.#viewers.size > 0) return
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
  }

  #audiences(): ReadonlySet<Audience> {
    return new Set([...this.#viewers].map(({ audience }) => audience))
  }
}

/** JSON has no line breaks of its own. */
const frame = (message: object): string => `data: ${JSON.stringify(message)}\n\n`
