import { systemClock, type Clock } from '../clock.ts'
import type { LogFields, Logger } from '../logger.ts'
import { clockTime } from './describe-event.ts'
import { describeError } from './describe-error.ts'
import type { LineWriter } from './line-writer.ts'
import { redact } from './redact.ts'
import { createStyle, type Format, type Style } from './style.ts'
import { toJson } from './to-json.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LoggerOptions {
  readonly writer: LineWriter
  /** One JSON object a line. Default: text for people. */
  readonly json?: boolean
  readonly color?: boolean
  /** Lines below it are left out. Default: `info`. */
  readonly level?: LogLevel
  readonly clock?: Pick<Clock, 'now'>
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const MARKS: Readonly<Record<LogLevel, readonly [mark: string, format: Format]>> = {
  debug: ['·', 'dim'],
  info: ['·', 'reset'],
  warn: ['!', 'yellow'],
  error: ['✗', 'red'],
}

/** The CLI's logger: lines for people, or for programs. Errors with code and cause; never a URL's password. */
export function createLogger(options: LoggerOptions): Logger {
  const { writer, json = false, level: least = 'info', clock = systemClock } = options
  const style = createStyle(options.color ?? false)

  const write = (level: LogLevel, message: string, fields: LogFields): void => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return
    const time = new Date(clock.now())
    if (json) writer.line(toJson({ time, level, message, ...fields }))
    else for (const line of layOut(level, message, fields, time, style)) writer.line(line)
  }
  return withFields(write, {})
}

function withFields(
  write: (level: LogLevel, message: string, fields: LogFields) => void,
  bound: LogFields,
): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, message, { ...bound, ...fields })
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => withFields(write, { ...bound, ...fields }),
  }
}

function layOut(level: LogLevel, message: string, fields: LogFields, time: Date, style: Style): string[] {
  const [mark, format] = MARKS[level]
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
