/** Fields beside a log line: `firing`, `hook`, `job`, `index`, `level`, … */
export type LogFields = Readonly<Record<string, unknown>>

/** Where Pawl and user code log to. Small on purpose: a pino logger needs one line to fit. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** The same logger with these fields on every line. */
  child(fields: LogFields): Logger
}

/** Says nothing: the default of an embedded root, whose user watches its events instead. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
