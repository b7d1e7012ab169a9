import { usersPlaces } from '../stack-places.ts'
import { asError } from '../text/reason-of.ts'

/** What fails in this process where nobody waits for it: in code of the user's, or in writing what we print. */
export interface Faults {
  /** Calls `onFault` at each, which has been told already. Returns what ends the listening. */
  listen(onFault: () => void): () => void
}

/**
 * Errors that nobody caught, and an output that takes nothing more (a full disk). Each is told, the output's once; who listens ends
 * in order, and where nobody does the process ends at once. Without this Node would print them with all that is in them, and
 * cut off what runs.
 */
export function processFaults(
  process: NodeJS.Process,
  tell: (error: unknown) => void,
  end: () => void,
): Faults {
  const listeners = new Set<() => void>()
  const note = (message: string, cause: unknown): void => {
    tell(new Error(message, { cause: asError(cause) }))
    if (listeners.size === 0) return end()
    for (const listener of listeners) listener()
  }
  const uncaught = (error: unknown): void => {
    const [place] = error instanceof Error ? usersPlaces(error) : []
    note(`${UNCAUGHT}${place === undefined ? '' : ` (at ${place.path}:${place.line})`}`, error)
  }
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)
  let isMute = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that went away (`pawl run | head`) is no failure; `processStopRequests` ends a run.
    if (error.code === 'EPIPE' || isMute) return
    isMute = true
    note('the output cannot be written', error)
  })
  // There is nowhere left to say so.
  process.stderr.on('error', () => {})
  return {
    listen(onFault) {
      listeners.add(onFault)
      return () => void listeners.delete(onFault)
    },
  }
}

const UNCAUGHT = 'something failed that nobody waits for: a promise without "await", say, or a timer'
