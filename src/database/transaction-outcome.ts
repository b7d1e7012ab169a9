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

/** What failed with COMMIT, or in its place: told as what was before it, where it was refused for that. */
export const explainRefusal = (error: unknown): unknown => {
  const code = error instanceof postgres.PostgresError ? error.code : undefined
  if (code === REFUSED) return nothingCommitted(error)
  return code === NO_TRANSACTION ? endedByItself(error) : error
}
