import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CallbackError } from '../errors.ts'

/** The user's own error as `cause`, and in the message what failed, why, and where it stands. */
export function explainFailure(what: string, error: unknown): CallbackError {
  const reason = error instanceof Error ? error.message : String(error)
  const place = error instanceof Error ? placeOf(error) : undefined
  const explained = EXPLANATIONS[sqlStateOf(error) ?? '']
  return new CallbackError(`${what}: ${reason}${place === undefined ? '' : ` (at ${place})`}`, {
    cause: error,
    ...(explained === undefined ? {} : { hint: explained }),
  })
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  '55P03':
    "It waited for a lock that the handler which awaits it holds, and would have waited for ever. Make the hook atomic, so that it joins the handler's transaction; or let it touch other rows.",
  '25P02':
    'A statement before it failed, and its error was caught: PostgreSQL refuses the rest of the transaction. Put that statement into ctx.sql.begin(…), which undoes it alone.',
}

function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Of this package; stacks name its sources where source maps are on. */
const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))
const OWN = [join(PACKAGE, 'dist', 'src', sep), join(PACKAGE, 'src', sep), 'node_modules', 'node:']

/** The first line of the stack that is neither Node's nor a package's nor ours. */
function placeOf({ stack = '' }: Error): string | undefined {
  const frame = stack
    .split('\n')
    .find((line) => line.startsWith('    at ') && !OWN.some((own) => line.includes(own)))
  return frame === undefined
    ? undefined
    : /((?:file:\/\/)?[^\s()]+:\d+):\d+\)?$/.exec(frame)?.[1]?.replace('file://', '')
}
