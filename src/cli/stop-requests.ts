import type { StopSignal } from './exit-code.ts'

/** Wishes to stop, from outside the process. */
export interface StopRequests {
  /**
   * Calls `onStop` at each wish; `insists` is false where it was not a person's (the reader of our output went away), so
   * that it never cuts off a stop under way. Returns what ends the listening.
   */
  listen(onStop: (signal: StopSignal, insists: boolean) => void): () => void
}

/** On Windows nothing else asks a process to end: Ctrl-Break, and the console window that is closed. */
const WINDOWS_ONLY = ['SIGBREAK', 'SIGHUP'] as const

/** Signals, and a closed pipe: `pawl run | head` ends when `head` has read enough. */
export function processStopRequests(process: NodeJS.Process): StopRequests {
  return {
    listen(onStop) {
      const onInterrupt = (): void => onStop('SIGINT', true)
      const onTerminate = (): void => onStop('SIGTERM', true)
      const onOutputError = (): void => onStop('SIGTERM', false)
      process.on('SIGINT', onInterrupt)
      const terminations = ['SIGTERM', ...(process.platform === 'win32' ? WINDOWS_ONLY : [])] as const
      for (const signal of terminations) process.on(signal, onTerminate)
      process.stdout.on('error', onOutputError)
      return () => {
        process.off('SIGINT', onInterrupt)
        for (const signal of terminations) process.off(signal, onTerminate)
        process.stdout.off('error', onOutputError)
      }
    },
  }
}
