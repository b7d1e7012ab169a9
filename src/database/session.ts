import postgres from 'postgres'
import { transactionMode } from './check-pooler.ts'
import { cannotConnect, isForeignBackend, lostSession, statementError } from './connection-error.ts'
import type { BackendIdentity, Sql, Transaction, TransactionOptions } from './database.ts'
import { guardSql } from './guard-sql.ts'
import { prepareSession } from './prepare-session.ts'
import { SessionTransaction, type Answer, type TransactionSession } from './session-transaction.ts'
import { SessionTraces } from './session-traces.ts'
import { SingleUseSocket } from './single-use-socket.ts'
import type { Query } from './query.ts'
import type { Statement } from './statement.ts'
import type { TableShapes } from './table-shapes.ts'

export type RawSql = postgres.Sql<{ bigint: bigint }>
export type ConnectOptions = postgres.Options<{ bigint: postgres.PostgresType<bigint> }>

export interface SessionOptions {
  readonly url: string
  /** The address, without secrets: for errors. */
  readonly description: string
  readonly connect: ConnectOptions
  /** Those of its database. */
  readonly shapes: TableShapes
  /** Set when it is open: a connection pooler takes no such settings while it connects. */
  readonly settings?: Readonly<Record<string, string>>
  /** ms until the server has to have answered. */
  readonly timeout: number
  /** It is for transactions: outside of one nothing can be written, but through a pooler. */
  readonly transactions: boolean
}

/** ms for which a session that has answered is taken to be there. */
const FRESH = 100

/** SQLSTATE of the warning that a COMMIT or ROLLBACK found no transaction. */
const NO_ACTIVE_TRANSACTION = '25P01'

/**
 * One connection to PostgreSQL that is never silently another one.
 *
 * postgres.js reconnects: after a loss, the next statement of a transaction runs on a new connection, outside the
 * transaction, and is committed. So each session is a postgres.js instance with a single-use socket. When that closes,
 * everything that runs or comes later rejects with `SessionLostError`, and the session is to be thrown away.
 */
export class Session implements TransactionSession {
  readonly raw: RawSql
  readonly shapes: TableShapes
  readonly running = new Set<Statement>()
  /** For single statements, each its own transaction. */
  readonly sql: Sql
  /** Rejects when the session ends, with the reason. */
  readonly ended: Promise<never>
  readonly #options: SessionOptions
  readonly #traces = new SessionTraces()
  readonly #socket = new SingleUseSocket((error) => this.end(error))
  #reject: (reason: Error) => void = () => {}
  /** Whoever waits for an answer that does not come when the session ends. */
  readonly #waiting = new Set<(reason: Error) => void>()
  /** Statements of our own that have no answer yet. */
  readonly #unanswered = new Set<object>()
  #identity: BackendIdentity | undefined
  #writesInTransactions = false
  /** The last time that a statement of ours was. By `performance.now()`. */
  #answeredAt = Number.NEGATIVE_INFINITY
  #lost: Error | undefined
  #isDismissed = false
  /** The last one. */
  #transaction: SessionTransaction | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.shapes = options.shapes
    this.ended = new Promise((_, reject) => {
      this.#reject = reject
    })
    // Nobody may be waiting when the session ends.
    this.ended.catch(() => {})
    const { connect } = options
    this.raw = postgres(options.url, {
      ...connect,
      max: 1,
      idle_timeout: 0,
      max_lifetime: null,
      onclose: () => this.end(),
      onnotice: (notice) => {
        if (notice['code'] === NO_ACTIVE_TRANSACTION) this.#transaction?.foundNone()
        connect.onnotice?.(notice)
      },
      onparameter: (name: string, value: string) => this.#traces.tell(name, value),
      socket: (where: Parameters<SingleUseSocket['connect']>[0]) => this.#socket.connect(where),
    } as ConnectOptions) as unknown as RawSql
    const gate = {
      transactional: false,
      refusal: () => this.#lost,
      started: (statement: Statement) => void this.running.add(statement),
      settled: (statement: Statement) => this.settled(statement),
      errorOf: (error: unknown) => this.errorOf(error),
      cancel: (query: Query) => this.cancel(query),
      end: (_: Query, reason: Error) => this.end(reason),
    }
    this.sql = guardSql(this.raw, gate, (work) => this.transaction(({ sql }) => work(sql)))
  }

  /** It was ended in order: the server has nothing left of it. */
  get isDismissed(): boolean {
    return this.#isDismissed
  }

  get lost(): Error | undefined {
    return this.#lost
  }

  /** Undefined behind a connection pooler, which gives each transaction another backend, and before it is open. */
  get identity(): BackendIdentity | undefined {
    return this.#identity
  }

  /** Outside of transactions it is read-only. */
  get writesInTransactions(): boolean {
    return this.#writesInTransactions
  }

  /** A user's statement left something in it that nobody else is to have: a setting, a lock, a temporary table. */
  get hasTraces(): boolean {
    return this.#traces.any
  }

  get isFresh(): boolean {
    return performance.now() - this.#answeredAt < FRESH
  }

  /** The statement that has waited longest for its answer. Compare it by identity: undefined, or another, is progress. */
  get waitsFor(): object | undefined {
    const [statement] = this.running
    const [own] = this.#unanswered
    return statement ?? own
  }

  errorOf(error: unknown): unknown {
    if (this.#lost !== undefined) return this.#lost
    const isPooled = this.#identity === undefined && isForeignBackend(error)
    return isPooled ? transactionMode(this.#options.description, error) : statementError(error)
  }

  /** Connects. @throws DatabaseUnavailableError */
  async open(): Promise<this> {
    const { timeout, description, transactions, settings = {} } = this.#options
    const timer = setTimeout(() => this.end(new Error(`no answer within ${timeout / 1000} s`)), timeout)
    try {
      const { identity, writesInTransactions } = await prepareSession(this, { transactions, settings })
      this.#identity = identity
      this.#writesInTransactions = writesInTransactions
      this.#traces.begin()
      return this
    } catch (error) {
      this.end()
      throw cannotConnect(error, description)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Cuts the session off. The server rolls back what was not committed. Idempotent. */
  end(reason: Error = lostSession()): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    for (const statement of this.running) statement.reject(reason)
    this.#reject(reason)
    for (const reject of this.#waiting) reject(reason)
    this.raw.end({ timeout: 0 }).catch(() => {})
    this.#socket.destroy()
  }

  /** Ends it where nothing runs. */
  dismiss(): void {
    this.#isDismissed = true
    this.end()
  }

  /** Runs a query of another postgres.js instance; resolves when the server is done with it. */
  async carry(query: Query, statement: Statement): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost
    if (statement.isSettled) return
    this.running.add(statement)
    const own = this.raw.unsafe('') as unknown as Query
    own.handler(query)
    await statement.done
    this.settled(statement)
  }

  /**
   * Asks the server to end a statement that was sent. By a connection of its own: the answer may come too late, and end what comes next.
   * So the session is nobody else's after that.
   */
  cancel(query: Query): void {
    this.#traces.mark()
    const own = this.raw.unsafe('') as unknown as Query
    Promise.resolve(own.canceller?.(query)).catch(() => {})
  }

  /** The server is done with a statement. */
  settled(statement: Statement): void {
    this.running.delete(statement)
    this.#traces.see(statement.sent)
  }

  /** @throws as `SessionTransaction.run` */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    this.#transaction = new SessionTransaction(this)
    return this.#transaction.run(work, options)
  }

  /**
   * As `work`, but rejects as soon as the session ends. Not `Promise.race`: a promise that lives as long as the session would
   * keep everything that it was ever raced with, 2 kB a transaction.
   */
  orEnded<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) reject(this.#lost)
      this.#waiting.add(reject)
      const settle = (outcome: () => void): void => {
        this.#waiting.delete(reject)
        outcome()
      }
      work.then(
        (result) => settle(() => resolve(result)),
        (error: unknown) => settle(() => reject(error)),
      )
    })
  }

  async run(statement: string): Promise<Answer> {
    if (this.#lost !== undefined) throw this.#lost
    const token = {}
    this.#unanswered.add(token)
    try {
      const answer = await this.orEnded(this.raw.unsafe(statement))
      this.#answeredAt = performance.now()
      return answer
    } catch (error) {
      throw this.errorOf(error)
    } finally {
      this.#unanswered.delete(token)
    }
  }
}
