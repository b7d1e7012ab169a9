import { AsyncLocalStorage } from 'node:async_hooks'
import type postgres from 'postgres'
import { TransactionAbortedError, TransactionOverError } from '../errors.ts'
import type { Sql, Transaction } from './database.ts'
import { guardSql } from './guard-sql.ts'
import { reading, ScopeGate, UserGate } from './scope-gate.ts'
import { MadeQueries } from './made-queries.ts'
import type { Row, UpsertOptions } from './row-writer.ts'
import type { Query } from './query.ts'
import type { Statement } from './statement.ts'
import type { TableShapes } from './table-shapes.ts'
import { WriteBuffer } from './write-buffer.ts'

/** What a scope needs of its session. */
export interface ScopeSession {
  readonly raw: postgres.Sql<{ bigint: bigint }>
  readonly shapes: TableShapes
  /** All that runs: rejected when the session is lost. */
  readonly running: Set<Statement>
  /** Why the session can no longer be used; undefined: it can. */
  readonly lost: Error | undefined
  /** One of `running` has ended. */
  settled(statement: Statement): void
  errorOf(error: unknown): unknown
  /** Asks the server to end a query that was sent. */
  cancel(query: Query): void
  /** Cuts it off. */
  end(reason: Error): void
  /** Sends a statement of ours. */
  run(statement: string): Promise<unknown>
}

/** The innermost scope that the running code was called in. */
const current = new AsyncLocalStorage<TransactionScope>()

/** Was the running code called, however far up, by work of a transaction that is still open? */
export function isInTransaction(): boolean {
  return current.getStore()?.isOpen === true
}

/** A transaction or savepoint that waits for what joins it. */
export interface JoinedTransaction extends Transaction {
  /** It does not end well before this has settled, also where its work does not await it. */
  joinedBy(work: Promise<unknown>): void
}

/**
 * Marks where the running code is. What goes on from here and calls the function that it returns is given the innermost
 * transaction or savepoint that it has begun since, if that is still open: code inside `sql.begin(…)`.
 */
export function markTransaction(): () => JoinedTransaction | undefined {
  const outer = current.getStore()
  return () => current.getStore()?.openSince(outer)
}

/** A transaction or a savepoint in it: what may use `sql`, and until when. */
export class TransactionScope implements JoinedTransaction {
  readonly sql: Sql
  readonly #session: ScopeSession
  readonly #parent: TransactionScope | undefined
  readonly #gate: ScopeGate
  readonly #userGate: UserGate
  readonly #buffer: WriteBuffer
  readonly #made = new MadeQueries()
  /** Statements of this scope were undone with a savepoint that was open when they were sent. */
  #undone = false
  /** The last savepoint; undefined: there was none. */
  #last: Promise<unknown> | undefined
  readonly #joined = new Set<Promise<unknown>>()

  constructor(session: ScopeSession, parent?: TransactionScope) {
    this.#session = session
    this.#parent = parent
    const gate = new ScopeGate(session)
    const begin = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => this.savepoint(({ sql }) => work(sql))
    const own = guardSql(session.raw, gate, begin)
    this.#buffer = new WriteBuffer({
      shapes: session.shapes,
      // Handed over at once: what is called next comes behind it.
      run: (statement, args) => own.unsafe(statement, [...args], { prepare: true }).execute(),
      refusal: () => this.#userGate.refusal(),
    })
    this.#gate = gate
    this.#userGate = new UserGate(gate, this.#buffer)
    this.sql = guardSql(session.raw, this.#userGate, begin, this.#made)
  }

  insert(table: string, rows: Row | readonly Row[], by?: string): void {
    this.#buffer.insert(table, rows, by)
  }

  upsert(table: string, rows: Row | readonly Row[], options: UpsertOptions, by?: string): void {
    this.#buffer.upsert(table, rows, options, by)
  }

  keepUp(): Promise<void> {
    return this.#buffer.keepUp()
  }

  /**
   * Runs `work`, and waits for what it started without awaiting it: that would run after COMMIT.
   * @throws TransactionAbortedError when a savepoint took statements with it that were not its own
   */
  async during<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const result = await this.#settle(work)
    if (this.#undone) throw undone()
    return result
  }

  async #settle<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      const result = await current.run(this, () => work(this))
      while (this.#joined.size > 0) await Promise.allSettled(this.#joined)
      this.close()
      if (this.#last !== undefined) await this.#last.catch(() => {})
      if (!this.#buffer.isDone) await this.#buffer.flush()
      const unsent = this.#made.takeUnsent()
      if (unsent.length > 0) throw neverSent(unsent)
      return result
    } finally {
      this.close()
      this.#buffer.discard()
      if (this.#last !== undefined) await this.#last.catch(() => {})
      const running = [...this.#gate.running]
      for (const statement of running) statement.finish()
      if (running.length > 0) await Promise.all(running.map(({ done }) => done))
    }
  }

  get #isOver(): boolean {
    return this.#userGate.isOver
  }

  close(): void {
    this.#userGate.isOver = true
  }

  joinedBy(work: Promise<unknown>): void {
    this.#joined.add(work)
    const settled = (): void => void this.#joined.delete(work)
    work.then(settled, settled)
  }

  /** Of this scope and those that it is in, up to `outer`, the innermost that is open. */
  openSince(outer: TransactionScope | undefined): TransactionScope | undefined {
    const around = this.#around()
    const at = outer === undefined ? -1 : around.indexOf(outer)
    return (at < 0 ? around : around.slice(0, at)).find((one) => !one.#isOver)
  }

  /** It, or one that it is in, has not ended. */
  get isOpen(): boolean {
    return this.#around().some((scope) => !scope.#isOver)
  }

  /**
   * One after the other; but one that is asked for in another's work, which waits for it, is in that: an atomic hook that is
   * fired inside `sql.begin(…)`.
   */
  savepoint<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const running = current.getStore()
    const inner = running === undefined ? undefined : running.#openBelow(this)
    if (inner !== undefined) return inner.savepoint(work)
    if (this.#isOver) {
      return Promise.reject(new TransactionOverError('a savepoint came after the end of its transaction'))
    }
    const before = this.#last?.catch(() => {}) ?? Promise.resolve()
    const result = before.then(() => this.#savepoint(work))
    this.#last = result
    return result
  }

  /** Of this scope and those that it is in, the innermost that is open and in `scope`. */
  #openBelow(scope: TransactionScope): TransactionScope | undefined {
    return this.#around().includes(scope) ? this.openSince(scope) : undefined
  }

  /** This scope and those that it is in. */
  #around(): readonly TransactionScope[] {
    const around: TransactionScope[] = [this]
    for (let outer = this.#parent; outer !== undefined; outer = outer.#parent) around.push(outer)
    return around
  }

  async #savepoint<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#gate.isReading) throw reading('a savepoint, of sql.begin(…), ctx.once or an atomic hook,')
    // Or a savepoint that fails would take them with it.
    await this.#buffer.flush()
    const before = this.#around().map((around) => ({ around, sent: around.#gate.sent }))
    await this.#session.run('savepoint pawl')
    const scope = new TransactionScope(this.#session, this)
    try {
      const result = await scope.during(work)
      await this.#session.run('release savepoint pawl')
      return result
    } catch (error) {
      // Two statements: the savepoint stays after `rollback to`, and would hide an outer one of the same name.
      if (this.#session.lost === undefined) {
        await this.#session.run('rollback to savepoint pawl; release savepoint pawl')
        for (const { around, sent } of before) if (around.#gate.sent > sent) around.#undone = true
      }
      throw error
    }
  }
}

function undone(): TransactionAbortedError {
  return new TransactionAbortedError(
    'nothing was committed: a statement was sent while an atomic hook or sql.begin(…) ran that then failed, and was undone with it',
    {
      hint: 'Await the hook or sql.begin(…) before the next statement; inside sql.begin(…) use the sql that it passes.',
    },
  )
}

function neverSent(unsent: readonly string[]): TransactionOverError {
  return new TransactionOverError(
    `nothing was committed: a query was made and never sent: ${unsent.join('; ')}`,
    {
      hint: 'A query is sent when it is awaited: await it, or make it only where it is.',
    },
  )
}
