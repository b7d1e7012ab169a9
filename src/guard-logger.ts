import { silentLogger, type Logger } from './logger.ts'
import { asError, reasonOf } from './text/reason-of.ts'

/** Tells of a fault in what users pass, which must not become a fault of ours. */
export type ReportFault = (what: string, error: unknown) => void

const guardedLoggers = new WeakMap<Logger, Logger>()
const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/**
 * The user's logger, which can no longer stop what logs: the first time that it throws, or that what it returns rejects,
 * is a warning of the process (`process.on('warning')`, by default on stderr); later ones are passed over.
 */
export function guardLogger(logger: Logger | undefined): Logger {
  if (logger === undefined) return silentLogger
  const known = guardedLoggers.get(logger)
  if (known !== undefined) return known
  let told = false
  const guarded = guard(logger, (what, error) => {
    if (!told) warnProcess(what, error)
    told = true
  })
  guardedLoggers.set(logger, guarded)
  return guarded
}

/** Logs faults; without a logger they are warnings of the process. */
export function faultReporter(logger: Logger | undefined): ReportFault {
  if (logger === undefined) return warnProcess
  const guarded = guardLogger(logger)
  return (what, error) => guarded.error(what, { error: asError(error) })
}

/** Calls what a user passed: what it throws, at once or later, is reported. */
export function callGuarded<Result>(
  call: () => Result,
  what: string,
  report: ReportFault,
): Result | undefined {
  try {
    const result = call()
    if (result instanceof Promise) result.catch((error: unknown) => report(what, error))
    return result
  } catch (error) {
    report(what, error)
    return undefined
  }
}

function guard(logger: Logger, report: ReportFault): Logger {
  const guarded: Logger = {
    ...silentLogger,
    child: (fields) => {
      const child = callGuarded(() => logger.child(fields), 'the logger threw', report)
      return child === undefined ? guarded : guard(child, report)
    },
  }
  for (const level of LEVELS) {
    guarded[level] = (message, fields) =>
      callGuarded(() => logger[level](message, fields), 'the logger threw', report)
  }
  return guarded
}

function warnProcess(what: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : reasonOf(error)
  process.emitWarning(`Pawl: ${what}`, { type: 'PawlWarning', detail })
}
