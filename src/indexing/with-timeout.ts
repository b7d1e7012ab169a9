import type { Clock } from '../clock.ts'
import { untilAborted } from '../datasources/abort.ts'
import { linkSignals } from '../link-signals.ts'

export interface TimeoutOptions {
  readonly clock: Clock
  /** ms; undefined: as long as it takes. */
  readonly timeout: number | undefined
  readonly signal: AbortSignal
  /** What it rejects with when time is over. */
  readonly late: () => Error
}

/**
 * Makes a call, and stops waiting for it when `signal` is aborted or time is over – whether the call listens to the signal
 * that it is given or not.
 */
export async function withTimeout<T>(
  { clock, timeout, signal, late }: TimeoutOptions,
  call: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> {
  signal.throwIfAborted()
  const link = linkSignals(signal)
  const timer = timeout === undefined ? undefined : clock.setTimeout(() => link.abort(late()), timeout)
  try {
    return await untilAborted(
      link.signal,
      // A call that throws at once rejects, too.
      (async () => call(link.signal))(),
    )
  } finally {
    if (timer !== undefined) clock.clearTimeout(timer)
    link.unlink()
  }
}

/** Resolves after `ms`. @throws the reason when aborted before */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let timer: unknown
  const woken = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, ms)
  })
  try {
    await untilAborted(signal, woken)
  } finally {
    clock.clearTimeout(timer)
  }
}
