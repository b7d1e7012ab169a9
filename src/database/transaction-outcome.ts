import postgres from 'postgres'
import { TransactionAbortedError, TransactionOverError } from '../errors.ts'

/** SQLSTATE of what comes after a statement that failed. */
const REFUSED = '25P02'
/** SQLSTATE of what needs a transaction, where there is none any more. */
const NO_TRANSACTION = '25P01'

/** PostgreSQL answered COMMIT with a rollback. */
export const nothingCommitted = (cause?: unknown): TransactionAbortedError =>
  new TransactionAbortedError(
    'nothing was committed: a statement of the transaction failed, and its error was caught and ignored',
    { hint: 'Let the error through, or put the statement into sql.begin(…), which undoes it alone.', cause },
  )

/** There was no transaction to end any more. */
export const endedByItself = (cause?: unknown): TransactionOverError =>
  new TransactionOverError(
    'the transaction was ended by a COMMIT or ROLLBACK among its own statements; what came after could write nothing',
    { hint: 'Leave BEGIN, COMMIT and ROLLBACK to Pawl.', cause },
  )

/** SQLSTATEs of constraints, and of what a trigger raises: where COMMIT fails with one, it was deferred. */
const DEFERRED = /^(?:23...|P0001)$/

/** The error has no statement and no place: the row may have been written long before. */
const deferredFailed = (error: postgres.PostgresError): TransactionAbortedError => {
  const detail = (error.detail as string | undefined) ?? ''
  return new TransactionAbortedError(
    `nothing was committed: a constraint or trigger that is deferred to the end of the transaction failed: ${error.message}${detail && ` (${detail})`}`,
    {
      hint: 'To see which statement it is: sql`set constraints all immediate` before it has that one fail, and name itself.',
      cause: error,
    },
  )
}

/** What failed with COMMIT, or in its place: told as what was before it, where it was refused for that. */
export const explainRefusal = (error: unknown): unknown => {
  if (!(error instanceof postgres.PostgresError)) return error
  const { code } = error
  if (DEFERRED.test(code)) return deferredFailed(error)
  if (code === REFUSED) return nothingCommitted(error)
  return code === NO_TRANSACTION ? endedByItself(error) : error
}
