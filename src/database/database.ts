import type postgres from 'postgres'
import type { StopSignal } from '../light-signal.ts'
import type { RowWriter } from './row-writer.ts'

/**
 * postgres.js, with `int8` as `bigint`. `numeric` comes as a string, so that 78 digits stay 78 digits; a `bigint` fits a
 * `numeric` column, too.
 */
export interface Sql extends postgres.ISql<{ bigint: bigint }> {
  /**
   * Runs `work` so that all of it stays, or none: in a transaction of its own, or in a savepoint where this `sql` is bound to
   * a running transaction.
   */
  begin<T>(work: (sql: Sql) => Promise<T>): Promise<T>
}

/** A running transaction. Its `sql` refuses statements once the transaction is over. */
export interface Transaction extends RowWriter {
  readonly sql: Sql
  /**
   * Runs `work` in a savepoint: all of it stays, or none. Savepoints of one transaction run one after the other, so that
   * concurrent callers cannot interleave.
   */
  savepoint<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
}

export interface TransactionOptions {
  /** Aborting it before COMMIT is sent cancels the running statement and rolls back. */
  readonly signal?: StopSignal
  /**
   * It does not wait for a session: one more is opened where all are lent. For what another transaction waits for, whose own session
   * would never come back. What is begun in the work of another does so anyway.
   */
  readonly atOnce?: boolean
  /** It is a level's, which waits for sessions of other levels, and not until hooks give theirs back. */
  readonly isLevel?: boolean
  /** Sends a statement together with BEGIN, to save a round trip; `work` begins when both are done. */
  readonly first?: (sql: Sql) => Promise<unknown>
  /** A statement without parameters that is sent in one message with COMMIT: another costs 0.1 ms. When it fails, nothing is committed. */
  readonly last?: string
}

/** The server's process of a session. */
export interface BackendIdentity {
  readonly pid: number
  /** Seconds since 1970: numbers of processes are given again. */
  readonly started: string
}

/** One connection, and never another: after a loss every statement rejects with `SessionLostError`. */
export interface DatabaseSession {
  /** For single statements, each its own transaction. */
  readonly sql: Sql
  /** Undefined behind a connection pooler, where it changes. */
  readonly identity: BackendIdentity | undefined
  /** Rejects when it ends, with the reason. */
  readonly ended: Promise<never>
  /** Cuts it off. Idempotent. */
  end(): void
}

/** One PostgreSQL database, through sessions that cannot silently become other sessions. */
export interface Database {
  /** `postgres://user@host:port/name`, without the password: for logs and errors. */
  readonly description: string
  /** With the password: for others who connect to it, and never for messages. */
  connectionUrl(): string
  /** The `application_name` of its sessions, which no other process has. */
  readonly sessions: string
  /** As `server_version_num`: 180004 is 18.4. */
  readonly version: number
  /** The schema of the user's tables. */
  readonly schema: string
  /** The schema of Pawl's own tables: `pawl`, or `pawl_<schema>` where the user's is not `public`. */
  readonly ownSchema: string
  /** For single statements of our own, each its own transaction. */
  readonly sql: Sql
  /**
   * The same for those of users' callbacks, which may take minutes: none of ours waits for them. In the work of a transaction, which may
   * have the lock that they wait for, they are as those of `impatientSql`.
   */
  readonly userSql: Sql
  /**
   * As `userSql`, but a statement that waits 5 s for a lock fails (SQLSTATE 55P03). For work that a handler awaits, outside its
   * transaction: the lock may be that handler's, which cannot go on and release it. PostgreSQL sees no deadlock there,
   * for one half of the circle is in this process.
   */
  readonly impatientSql: Sql
  /** Looks for types that users made since, so that `sql` knows arrays of them; and forgets the columns of tables. */
  learnTypes(): Promise<void>
  /**
   * Runs `work` in a transaction of its own session: when this resolves it is committed, when it rejects nothing of it is.
   * @throws SessionLostError when the session ended before COMMIT was answered. (Whether a COMMIT in flight took effect is
   * then unknown: check what is stored before doing it again.)
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * A session beside the others, for what must not wait for them: a heartbeat. The caller ends it, and opens another when it
   * is lost.
   */
  openSession(): Promise<DatabaseSession>
  /**
   * Hands the payloads of NOTIFY on `channel` to `onNotify`, over a connection that comes back by itself. `onListen` runs at
   * each (re)connection: look then for what was told meanwhile.
   * @throws DatabaseUnavailableError when it cannot connect now
   */
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListen?: () => void,
  ): Promise<{ unlisten(): Promise<void> }>
  /** Ends all sessions; what still runs is rolled back. Stops the embedded server if it is ours. Idempotent. */
  close(): Promise<void>
}
