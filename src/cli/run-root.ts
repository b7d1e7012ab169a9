import { createActor } from 'xstate'
import type { Config } from '../config/config.ts'
import type { InspectorOptions } from '../inspector/inspector-options.ts'
import { pawl } from '../pawl.ts'
import { EXIT, exitCodeOf, SIGNAL_EXIT, type StopSignal } from './exit-code.ts'
import type { Faults } from './process-faults.ts'
import { reportEvents } from './report.ts'
import type { StopRequests } from './stop-requests.ts'
import type { Terminal } from './terminal.ts'

export interface RunOptions {
  readonly terminal: Terminal
  readonly stops: StopRequests
  readonly faults: Faults
  /** Ends the process at once, for a second signal. */
  readonly force: (exitCode: number) => void
}

export interface RunOutcome {
  readonly exitCode: number
  /** Why it failed, if it did. */
  readonly error?: unknown
}

/** Its address holds a token: for the person at the terminal, and for no log. */
function inspectorOf(
  { inspector = false }: Config,
  { out, writer, json }: Terminal,
): boolean | InspectorOptions {
  if (inspector === false || json || out.isTTY !== true) return inspector
  const options = inspector === true ? {} : inspector
  return {
    ...options,
    onOpen(url) {
      writer.line(`inspector: ${url}`)
      options.onOpen?.(url)
    },
  }
}

/** Runs the config's root until it ends by itself, by an error or by a signal, and tells what it emits. */
export function runRoot(config: Config, options: RunOptions): Promise<RunOutcome> {
  const { terminal, stops, faults, force } = options
  const root = createActor(
    pawl({ logger: terminal.logger, ...config, inspector: inspectorOf(config, terminal) }),
  )
  const { out: stream, writer, color, json } = terminal
  const report = reportEvents(root, { stream, writer, color, json })
  let started = false
  root.on('index.progress', () => (started = true))
  root.on('lifecycle', ({ state }) => (started ||= state === 'synchronized'))

  return new Promise((resolve) => {
    let stoppedBy: StopSignal | undefined
    const unlisten = stops.listen((signal, insists) => {
      if (stoppedBy === undefined) {
        stoppedBy = signal
        if (!json) writer.line('stopping: what runs now is finished first; once more to stop at once')
        root.send({ type: 'STOP' })
      } else if (insists) force(SIGNAL_EXIT[signal])
    })
    let hasFault = false
    const unwatch = faults.listen(() => {
      // One that came of the stopping is only told.
      if (!hasFault && stoppedBy === undefined) root.send({ type: 'STOP' })
      hasFault = true
    })
    const end = (outcome: RunOutcome): void => {
      report.stop()
      unlisten()
      unwatch()
      resolve(outcome)
    }
    root.subscribe({
      error: (error) => end({ exitCode: exitCodeOf(error, { started }), error }),
      complete: () =>
        end({
          exitCode: hasFault ? EXIT.failed : stoppedBy === undefined ? EXIT.done : SIGNAL_EXIT[stoppedBy],
        }),
    })
    root.start()
  })
}
