import { setMaxListeners } from 'node:events'

/** A signal of one's own that others abort, too. */
export interface LinkedSignal {
  readonly signal: AbortSignal
  abort(reason: unknown): void
  /** Takes the listeners off the others. Call it when the work is over. */
  unlink(): void
}

/**
 * Aborted with the first of `signals`, with its reason, or by hand. Not `AbortSignal.any`: that keeps every signal it made
 * for as long as its sources live, and Node 20 may collect one that is still listened to.
 */
export function linkSignals(...signals: readonly AbortSignal[]): LinkedSignal {
  const controller = new AbortController()
  // A handler may fire any number of hooks at a time, each of which listens to its signal: that is no leak.
  setMaxListeners(0, controller.signal, ...signals)
  const links = signals.map((signal) => ({ signal, follow: () => controller.abort(signal.reason) }))
  for (const { signal, follow } of links) {
    if (signal.aborted) follow()
    else signal.addEventListener('abort', follow, { once: true })
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => {
      for (const { signal, follow } of links) signal.removeEventListener('abort', follow)
    },
  }
}
