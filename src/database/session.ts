import net from 'node:net'
import postgres from 'postgres'
import { SessionLostError, TransactionAbortedError, TransactionOverError } from '../errors.ts'
import type { Sql, Transaction } from './database.ts'
import { guardSql, type Query } from './guard-sql.ts'

export type ConnectOptions = postgres.Options<{ bigint: postgres.PostgresType<bigint> }>

/** Handlers may call slow services inside a transaction, but a process that hangs must not hold its locks for ever. */
const IDLE_IN_TRANSACTION = '60s'

/**
 * One connection to PostgreSQL that is never silently another one.
 *
 * postgres.js reconnects: after a loss, the next statement of a transaction runs on a new connection, outside the
 * transaction, and is committed. So each session is a postgres.js instance with a single-use socket. When that closes,
 * everything that runs or comes later rejects with `SessionLostError`, and the session is to be thrown away.
 */
export class Session {
  readonly #raw: postgres.Sql<{ bigint: bigint }>
  readonly #running = new Set<Query>()
  #lost: Error | undefined
  #ended: (error: Error) => void = () => {}
  readonly #end: Promise<never>

  constructor(url: string, options: ConnectOptions) {
    this.#end = new Promise((_, reject) => {
      this.#ended = reject
    })
    // Nobody may be waiting when the session ends.
    this.#end.catch(() => {})
    this.#raw = postgres(url, {
      ...options,
      max: 1,
      idle_timeout: 0,
      max_lifetime: null,
      onclose: () => this.end(),
      socket: singleUseSocket(options.connect_timeout ?? 5),
    } as ConnectOptions) as unknown as postgres.Sql<{ bigint: bigint }>
  }

  /** Why the session can no longer be used; undefined: it can. */
  get lost(): Error | undefined {
    return this.#lost
  }

  /** Connects. Rejects with postgres.js's error when that fails. */
  async open(): Promise<this> {
    await this.#raw`
      select set_config('idle_in_transaction_session_timeout', ${IDLE_IN_TRANSACTION}, false)`
    // A server that can (not every platform does) notices within a second that we are gone, and rolls back instead of
    // finishing the statement. Not a startup parameter: connection poolers refuse those that they do not know.
    await this.#raw`select set_config('client_connection_check_interval', '1s', false)`.catch(
      (error: unknown) => {
        if (this.#lost !== undefined) throw error
      },
    )
    return this
  }

  /** Cuts the session off. The server rolls back what was not committed. Idempotent. */
  end(reason: Error = new SessionLostError('the connection to the database was lost')): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    for (const query of this.#running) query.reject(reason)
    this.#ended(reason)
    void this.#raw.end({ timeout: 0 }).catch(() => {})
  }

  /**
   * Runs `work` in a transaction.
   * @throws TransactionAbortedError when PostgreSQL answered COMMIT with a rollback: a statement had failed and its error
   * was swallowed.
   */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    await this.#run('begin')
    const scope = new Scope(
      this.#raw,
      this.#running,
      () => this.#lost,
      (statement) => this.#run(statement),
    )
    let result: T
    try {
      result = await Promise.race([scope.during(work), this.#end])
    } catch (error) {
      scope.close()
      if (this.#lost === undefined) {
        await this.#run('rollback').catch(() => this.end())
      }
      throw this.#lost ?? error
    }
    const { command } = await this.#run('commit')
    if (command !== 'COMMIT') {
      throw new TransactionAbortedError(
        'nothing was committed: a statement of the transaction failed, and its error was caught and ignored',
        { hint: 'Let the error through, or put the statement into sql.begin(…), which undoes it alone.' },
      )
    }
    return result
  }

  #run(statement: string): Promise<postgres.RowList<postgres.Row[]>> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost)
    return Promise.race([this.#raw.unsafe(statement), this.#end])
  }
}

/** A transaction or a savepoint in it: what may use `sql`, and until when. */
class Scope implements Transaction {
  readonly sql: Sql
  readonly #raw: postgres.Sql<{ bigint: bigint }>
  readonly #running = new Set<Query>()
  /** Those of the whole session: it rejects them when it is lost. */
  readonly #all: Set<Query>
  readonly #lost: () => Error | undefined
  readonly #run: (statement: string) => Promise<unknown>
  #over = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    raw: postgres.Sql<{ bigint: bigint }>,
    all: Set<Query>,
    lost: () => Error | undefined,
    run: (statement: string) => Promise<unknown>,
  ) {
    this.#raw = raw
    this.#all = all
    this.#lost = lost
    this.#run = run
    const gate = {
      refusal: () => lost() ?? (this.#over ? late() : undefined),
      started: (query: Query) => {
        all.add(query)
        this.#running.add(query)
      },
      settled: (query: Query) => this.#forget(query),
    }
    this.sql = guardSql(raw, gate, (work) => this.savepoint(({ sql }) => work(sql)))
  }

  /** Runs `work`, and waits for what it started without awaiting it: that would run after COMMIT. */
  async during<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      return await work(this)
    } finally {
      this.close()
      await this.#last.catch(() => {})
      await Promise.allSettled([...this.#running].filter(({ cursorFn }) => cursorFn === null))
      for (const cursor of this.#running) this.#forget(cursor)
    }
  }

  #forget(query: Query): void {
    this.#running.delete(query)
    this.#all.delete(query)
  }

  close(): void {
    this.#over = true
  }

  savepoint<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#over) {
      return Promise.reject(new TransactionOverError('a savepoint came after the end of its transaction'))
    }
    const result = this.#last.catch(() => {}).then(() => this.#savepoint(work))
    this.#last = result
    return result
  }

  async #savepoint<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    await this.#run('savepoint pawl')
    const scope = new Scope(this.#raw, this.#all, this.#lost, this.#run)
    try {
      const result = await scope.during(work)
      await this.#run('release savepoint pawl')
      return result
    } catch (error) {
      // Two statements: the savepoint stays after `rollback to`, and would hide an outer one of the same name.
      if (this.#lost() === undefined) await this.#run('rollback to savepoint pawl; release savepoint pawl')
      throw error
    }
  }
}

function late(): TransactionOverError {
  return new TransactionOverError('a statement came after the end of its transaction', {
    hint: 'Await every query before the callback returns.',
  })
}

function singleUseSocket(connectTimeout: number) {
  let used = false
  return (options: { host: string[]; port: number[]; path?: string | false }): Promise<net.Socket> =>
    new Promise((resolve, reject) => {
      if (used) {
        reject(new SessionLostError('the connection to the database was lost'))
        return
      }
      used = true
      const { path } = options
      const [host = '127.0.0.1'] = options.host
      const [port = 5432] = options.port
      const socket = path ? net.connect(path) : net.connect(port, host)
      socket.setNoDelay(true)
      // A connection that a firewall forgot is noticed within half a minute instead of two hours.
      socket.setKeepAlive(true, 10_000)
      // postgres.js reads these for TLS and for its errors.
      Object.assign(socket, { host, port })
      const timer = setTimeout(
        () =>
          socket.destroy(
            Object.assign(new Error(`no answer within ${connectTimeout} s`), { code: 'CONNECT_TIMEOUT' }),
          ),
        connectTimeout * 1_000,
      )
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.removeListener('error', reject)
        resolve(socket)
      })
      socket.once('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
    })
}
