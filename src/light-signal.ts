import { setMaxListeners } from 'node:events'

/** What our own code waits for: a user's signal, or one of ours. */
export type StopSignal = AbortSignal | LightSignal

/**
 * An AbortSignal of our own code: a real one is there only for those who ask for it. Node 20 takes some 15 µs to make one, and about as
 * long again to collect it; thousands of hooks a second need one each, and hardly any looks at it.
 */
export class LightSignal {
  #reason: unknown
  #aborted = false
  #listeners: Set<() => void> | undefined
  #controller: AbortController | undefined

  /** Runs `work` with a signal that is aborted with the first of these. It follows them until `work` has settled. */
  static async during<T>(
    work: (signal: LightSignal) => Promise<T>,
    ...others: readonly StopSignal[]
  ): Promise<T> {
    const signal = new LightSignal()
    const links = others.map((other) => ({ other, follow: () => signal.abort(other.reason) }))
    for (const { other, follow } of links) {
      // A handler may fire any number of hooks at a time, each of which listens to its signal: that is no leak.
      if (other instanceof AbortSignal) setMaxListeners(0, other)
      if (other.aborted) follow()
      else other.addEventListener('abort', follow)
    }
    try {
      return await work(signal)
    } finally {
      for (const { other, follow } of links) other.removeEventListener('abort', follow)
    }
  }

  get aborted(): boolean {
    return this.#aborted
  }

  get reason(): unknown {
    return this.#reason
  }

  /** For users, and for what only takes those: the same one each time. */
  get abortSignal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Idempotent: the first reason counts. Default: that of an AbortController. */
  abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
    const listeners = [...(this.#listeners ?? [])]
    this.#listeners = undefined
    for (const listener of listeners) listener()
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason
  }

  /** @param _options it is called once anyway */
  addEventListener(_type: 'abort', listener: () => void, _options?: { readonly once?: boolean }): void {
    if (!this.#aborted) (this.#listeners ??= new Set()).add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener)
  }
}

/** The same, for users. */
export function abortSignalOf(signal: StopSignal): AbortSignal {
  return signal instanceof LightSignal ? signal.abortSignal : signal
}
