import { createActor, toPromise, type Actor } from 'xstate'
import { pawl, type Logger, type PawlEvent } from 'pawl'
import { createLineWriter, type LineWriter } from '../../src/cli/line-writer.ts'
import { reportEvents } from '../../src/cli/report.ts'
import { firstTimes } from './first-times.ts'
import { tokenConfig, type TokenConfig } from './token-config.ts'

/** Everything that the demo prints goes through it. */
export const terminal = createLineWriter(process.stdout)

export function heading(text: string): void {
  terminal.line(`\n━━ ${text}`)
}

const tokenLogic = (config: TokenConfig) => pawl(tokenConfig(config))

export interface RunningPawl {
  readonly root: Actor<ReturnType<typeof tokenLogic>>
  /** Aborted when Pawl has ended, with the error that ended it. */
  readonly gone: AbortSignal
  /** Resolves when Pawl has ended cleanly, rejects with its error when it failed. */
  stop(): Promise<void>
}

/** Starts Pawl on a token, and tells of what happens as it happens. */
export function startPawl(config: Omit<TokenConfig, 'logger'>): RunningPawl {
  const root = createActor(tokenLogic({ ...config, logger: lineLogger(terminal) }))
  const isNews = firstTimes()
  const report = reportEvents(
    {
      on: (type, handler) =>
        root.on(type, (event: PawlEvent) => {
          if (isNews(event)) handler(event)
        }),
    },
    { stream: process.stdout, writer: terminal },
  )
  const gone = new AbortController()
  // Taken before it starts: a failure that nobody observes is an uncaught exception.
  const ended = toPromise(root)
  ended.then(
    () => gone.abort(new Error('Pawl has ended')),
    (error: unknown) => gone.abort(error),
  )
  root.start()
  return {
    root,
    gone: gone.signal,
    async stop() {
      root.send({ type: 'STOP' })
      try {
        await ended
      } finally {
        report.stop()
      }
    },
  }
}

/** What hooks log, among the lines of the events; debug lines are left out. */
function lineLogger(writer: LineWriter): Logger {
  const line = (text: string) => writer.line(`           ${text}`)
  const logger: Logger = {
    debug() {},
    info: line,
    warn: line,
    error: line,
    child: () => logger,
  }
  return logger
}
