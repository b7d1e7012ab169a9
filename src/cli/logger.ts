import { systemClock, type Clock } from '../clock.ts'
import type { LogFields, Logger } from '../logger.ts'
import { clockTime } from '../text/describe-event.ts'
import { describeError } from '../text/describe-error.ts'
import type { LineWriter } from './line-writer.ts'
import { redact } from '../text/redact.ts'
import { createStyle, type Format, type Style } from '../text/style.ts'
import { toJson } from '../text/to-json.ts'

/** Not called a level: that is a block's number, and a field of its own. */
export type Severity = 'debug' | 'info' | 'warn' | 'error'

export interface LoggerOptions {
  readonly writer: LineWriter
  /** One JSON object a line. Default: text for people. */
  readonly json?: boolean
  readonly color?: boolean
  /** Lines below it are left out. Default: `info`. */
  readonly least?: Severity
  readonly clock?: Pick<Clock, 'now'>
}

const SEVERITIES: readonly Severity[] = ['debug', 'info', 'warn', 'error']
const MARKS: Readonly<Record<Severity, readonly [mark: string, format: Format]>> = {
  debug: ['·', 'dim'],
  info: ['·', 'reset'],
  warn: ['!', 'yellow'],
  error: ['✗', 'red'],
}

/** The CLI's logger: lines for people, or for programs. Errors with code and cause; never a URL's password. */
export function createLogger(options: LoggerOptions): Logger {
  const { writer, json = false, least = 'info', clock = systemClock } = options
  const style = createStyle(options.color ?? false)

  const write = (severity: Severity, message: string, fields: LogFields): void => {
    if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(least)) return
    const time = new Date(clock.now())
    // A field of the user's that is called like one of ours does not hide it.
    const own = { time, severity, message }
    if (json) writer.line(toJson({ ...own, ...fields, ...own }))
    else for (const line of layOut(severity, message, fields, time, style)) writer.line(line)
  }
  return withFields(write, {})
}

function withFields(
  write: (severity: Severity, message: string, fields: LogFields) => void,
  bound: LogFields,
): Logger {
  const at =
    (severity: Severity) =>
    (message: string, fields: LogFields = {}): void =>
      write(severity, message, { ...bound, ...fields })
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => withFields(write, { ...bound, ...fields }),
  }
}

function layOut(severity: Severity, message: string, fields: LogFields, time: Date, style: Style): string[] {
  const [mark, format] = MARKS[severity]
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  const plain = entries.filter(([, value]) => !(value instanceof Error))
  const text = plain.map(
    ([name, value]) => `${name}=${typeof value === 'string' ? redact(value) : toJson(value)}`,
  )
  return [
    [style('dim', clockTime(time)), style(format, `${mark} ${redact(message)}`), style('dim', text.join(' '))]
      .filter((part) => part !== '')
      .join(' '),
    ...entries.flatMap(([, value]) => (value instanceof Error ? errorLines(value) : [])),
  ]
}

function errorLines(error: Error): string[] {
  const { message, causes, hint } = describeError(error)
  const { code } = error as { readonly code?: unknown }
  const [first = error.name, ...more] = message
  return [
    typeof code === 'string' && code !== first ? `${first} (${code})` : first,
    ...more,
    ...causes.map((cause) => `caused by: ${cause}`),
    ...hint,
  ].map((line) => `           ${line}`)
}
