import { inspect } from 'node:util'
import { ConfigurationError } from '../errors.ts'
import { describeError } from '../text/describe-error.ts'
import { plural } from '../text/format-number.ts'
import { wantsColor, type OutputStream } from './output-stream.ts'
import { redact } from '../text/redact.ts'
import { createStyle } from '../text/style.ts'
import { wrapLine } from '../text/wrap-line.ts'

/** Columns. In fewer there is not much to be gained. */
const NARROWEST = 40

/** Prints an error for a person: what, why, what to do. The stack only for those who debug. */
export function printError(error: unknown, stream: OutputStream, debug: boolean): void {
  const style = createStyle(wantsColor(stream))
  const { message, causes, hint } = describeError(error)
  const [first = 'failed', ...more] =
    error instanceof ConfigurationError && error.issues.some(({ path }) => path !== '')
      ? [`the config has ${plural(error.issues.length, 'mistake')}`, ...message]
      : message
  const lines = [
    `${style(['bold', 'red'], 'error:')} ${first}`,
    ...more.map((line) => `  ${line}`),
    ...causes.map((cause) => style('dim', `  caused by: ${cause}`)),
    ...hint,
    ...(debug ? [redact(inspect(error))] : []),
  ]
  // In a pipe a line stays one, for those who search it.
  const { isTTY = false, columns = 0 } = stream
  const wrapped =
    isTTY && columns >= NARROWEST
      ? lines.flatMap((line) => line.split('\n')).flatMap((line) => wrapLine(line, columns))
      : lines
  stream.write(`${wrapped.join('\n')}\n`)
}

/** `--debug` or PAWL_DEBUG (anything but empty or 0): before the command line was understood, too. */
export const wantsDebug = (argv: readonly string[], env: NodeJS.ProcessEnv): boolean =>
  argv.includes('--debug') || !['', '0'].includes(env['PAWL_DEBUG'] ?? '')
