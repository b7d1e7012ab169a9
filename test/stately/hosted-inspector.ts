import { createBrowserReceiver, type StatelyInspectionEvent } from '@statelyai/inspect'
import type { HostedWindow } from '../../src/inspector/page/stately-bridge.ts'

interface MessageEventLike {
  readonly data: unknown
  readonly origin: string
  readonly source: unknown
}

/**
 * The hosted inspector as Stately's own package receives in it: a window, in which `createBrowserReceiver` hears what is
 * posted, and tells its opener that it has loaded.
 */
export class HostedInspector implements HostedWindow {
  readonly origin: string
  /** What this load of it has received. */
  received: StatelyInspectionEvent[] = []
  #listeners: ((event: MessageEventLike) => void)[] = []
  #waiting: {
    readonly test: (received: readonly StatelyInspectionEvent[]) => boolean
    readonly done: () => void
  }[] = []

  constructor(origin = 'https://stately.ai') {
    this.origin = origin
  }

  postMessage(data: unknown, targetOrigin: string): void {
    // As a browser does it: a window of another origin gets nothing.
    if (targetOrigin !== this.origin) return
    // Structured clone: what cannot be cloned throws.
    const event = { data: structuredClone(data), origin: 'http://127.0.0.1', source: undefined }
    for (const listener of this.#listeners) listener(event)
    for (const { test, done } of this.#waiting) if (test(this.received)) done()
  }

  /** It is loaded, for the first time or again: it knows nothing, and says so to who opened it. */
  load(tellOpener: (event: MessageEventLike) => void): void {
    this.received = []
    this.#listeners = []
    const own = {
      addEventListener: (_type: string, listener: (event: MessageEventLike) => void) =>
        this.#listeners.push(listener),
      opener: { postMessage: (data: unknown) => tellOpener({ data, origin: this.origin, source: this }) },
    }
    const window = Object.assign(own, { self: own, top: own }) as never
    createBrowserReceiver({ window }).subscribe((event) => void this.received.push(event))
  }

  /** Resolves when it has received what the test looks for. */
  until(test: (received: readonly StatelyInspectionEvent[]) => boolean): Promise<void> {
    return new Promise((done) => {
      if (test(this.received)) done()
      else this.#waiting.push({ test, done })
    })
  }
}
