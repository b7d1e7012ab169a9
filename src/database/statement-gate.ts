import type { Query } from './query.ts'
import type { Statement } from './statement.ts'

/** Decides about statements, and knows which run. */
export interface StatementGate {
  /** Why this statement may not start now; undefined: it may. */
  refusal(statement: Statement): Error | undefined
  started(statement: Statement): void
  settled(statement: Statement): void
  /** What has to be sent before the statement that starts now; undefined: nothing. Resolves when it is. */
  before?(): Promise<void> | undefined
  /** true: a failure shows anyway, because it fails a transaction. */
  readonly transactional: boolean
  /** What the error of a statement is to be thrown as. */
  errorOf(error: unknown): unknown
  /** Asks the server to end a query that was sent to it. */
  cancel(query: Query): void
  /** Ends the session that a query was sent by. */
  end(query: Query, reason: Error): void
  /** Takes the query to a connection; left out: to the one that made it. */
  send?(query: Query, statement: Statement): void
}
