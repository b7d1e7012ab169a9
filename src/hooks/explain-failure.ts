import { causesOf } from '../causes-of.ts'
import {
  CallbackError,
  PawlError,
  SqlScriptError,
  TransactionAbortedError,
  TransactionOverError,
  UnknownHookError,
} from '../errors.ts'
import { usersPlaces } from '../stack-places.ts'
import { reasonOf } from '../text/reason-of.ts'
import { shortenStatement } from '../text/shorten-statement.ts'

/** What only user code can cause. Other errors of ours tell of the database, the lease or a stop, and stay as they are. */
const USERS = [SqlScriptError, TransactionAbortedError, TransactionOverError, UnknownHookError]

/**
 * The user's own error as `cause`, and in the message what failed, why, and where it stands.
 * @param what failed: `hook "stats"`
 * @param awaited by a transaction above it
 */
export function explainFailure(
  what: string,
  error: unknown,
  { awaited }: { readonly awaited: boolean },
): Error {
  if (error instanceof PawlError && !USERS.some((users) => error instanceof users)) return error
  return nameFailure(what, error, { awaited })
}

/** As `explainFailure`, but of what only user code is in: also for the error of a hook that it fired. */
export function explainHandlerFailure(what: string, error: unknown): Error {
  return error instanceof CallbackError
    ? nameFailure(what, error, { awaited: false })
    : explainFailure(what, error, { awaited: false })
}

function nameFailure(
  what: string,
  error: unknown,
  { awaited }: { readonly awaited: boolean },
): CallbackError {
  const reason = reasonOf(error)
  // Of a hook's error the place is in its message already.
  const place =
    error instanceof Error && !(error instanceof CallbackError) ? usersPlaces(error)[0] : undefined
  const hint = advice(sqlStateOf(error), awaited) ?? (error instanceof PawlError ? error.hint : undefined)
  return new CallbackError(
    `${what} failed: ${reason}${place === undefined ? '' : `${statementOf(error)} (at ${place.path}:${place.line})`}`,
    {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    },
  )
}

/** The statement that PostgreSQL refused, as it was sent: without the values of its parameters. */
function statementOf(error: unknown): string {
  const { query, position } = error as { readonly query?: unknown; readonly position?: unknown }
  if (typeof query !== 'string' || query === '') return ''
  return `, in: ${shortenStatement(query, Number(position ?? 1))}`
}

function advice(sqlState: string | undefined, awaited: boolean): string | undefined {
  switch (sqlState) {
    case '55P03':
      return awaited
        ? 'A transaction that awaits this hook may hold the lock: neither would ever go on. Make the hook atomic, so that it joins that transaction; or let it touch other rows.'
        : 'Inside ctx.sql.begin(…) the transaction that waits for this statement may hold the lock: neither would ever go on. Use the sql that it passes.'
    case '25P02':
      return 'A statement before it failed, and its error was caught: PostgreSQL refuses the rest of the transaction. Put that statement into ctx.sql.begin(…), which undoes it alone.'
    case '25001':
      return 'Run it from a hook that is not atomic: each statement of its ctx.sql and scripts stands alone.'
    default:
      return undefined
  }
}

function sqlStateOf(error: unknown): string | undefined {
  for (const current of causesOf(error)) {
    if (!(current instanceof PawlError) && 'code' in current && typeof current.code === 'string') {
      return current.code
    }
  }
  return undefined
}
