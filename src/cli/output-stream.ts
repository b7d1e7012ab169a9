/** Where the CLI writes: `process.stdout`, `process.stderr`, or a test's own. */
export interface OutputStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/**
 * Whether to colour what goes to `stream`: on a terminal, unless NO_COLOR is set or the terminal is a dumb one.
 * FORCE_COLOR (anything but 0) colours pipes, too.
 */
export function wantsColor(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '') return env['FORCE_COLOR'] !== '0'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Whether a line can be redrawn there. Terminals of no width (some CI systems) cannot. */
export function canRedraw(stream: OutputStream): boolean {
  return stream.isTTY === true && (stream.columns ?? 0) > 20
}
