import { createActor } from 'xstate'
import type { Config } from '../config/config.ts'
import { pawl } from '../pawl.ts'
import { EXIT, exitCodeOf, SIGNAL_EXIT, type StopSignal } from './exit-code.ts'
import { reportEvents } from './report.ts'
import type { Terminal } from './terminal.ts'

/** Signals and other wishes to stop, from outside. */
export interface StopRequests {
  on(signal: StopSignal, listener: () => void): unknown
  off(signal: StopSignal, listener: () => void): unknown
}

export interface RunOptions {
  readonly terminal: Terminal
  readonly signals: StopRequests
  /** Ends the process at once, for a second signal. */
  readonly force: (exitCode: number) => void
}

export interface RunOutcome {
  readonly exitCode: number
  /** Why it failed, if it did. */
  readonly error?: unknown
}

/** Runs the config's root until it ends by itself, by an error or by a signal, and tells what it emits. */
export function runRoot(config: Config, options: RunOptions): Promise<RunOutcome> {
  const { terminal, signals, force } = options
  const root = createActor(pawl({ logger: terminal.logger, ...config }))
  const { out: stream, writer, color, json } = terminal
  const report = reportEvents(root, { stream, writer, color, json })
  let started = false
  root.on('index.progress', () => (started = true))
  root.on('lifecycle', ({ state }) => (started ||= state === 'synchronized'))

  return new Promise((resolve) => {
    let stoppedBy: StopSignal | undefined
    const stop = (signal: StopSignal): void => {
      if (stoppedBy !== undefined) return force(SIGNAL_EXIT[signal])
      stoppedBy = signal
      if (!json) writer.line('stopping: what runs now is finished first; once more to stop at once')
      root.send({ type: 'STOP' })
    }
    const onInterrupt = (): void => stop('SIGINT')
    const onTerminate = (): void => stop('SIGTERM')
    const end = (outcome: RunOutcome): void => {
      report.stop()
      signals.off('SIGINT', onInterrupt)
      signals.off('SIGTERM', onTerminate)
      resolve(outcome)
    }
    signals.on('SIGINT', onInterrupt)
    signals.on('SIGTERM', onTerminate)
    root.subscribe({
      error: (error) => end({ exitCode: exitCodeOf(error, { started }), error }),
      complete: () => end({ exitCode: stoppedBy === undefined ? EXIT.done : SIGNAL_EXIT[stoppedBy] }),
    })
    root.start()
  })
}
