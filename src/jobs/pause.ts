import type { Clock } from '../clock.ts'
import type { StopSignal } from '../light-signal.ts'

/** Resolves after `delay` ms, or as soon as `signal` is aborted. */
export function pause(clock: Clock, delay: number, signal: StopSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const over = (): void => {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', over)
      resolve()
    }
    const timer = clock.setTimeout(over, delay)
    signal.addEventListener('abort', over)
  })
}
