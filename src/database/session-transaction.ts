import postgres from 'postgres'
import { SessionLostError } from '../errors.ts'
import type { Transaction, TransactionOptions } from './database.ts'
import { endedByItself, explainRefusal, nothingCommitted } from './transaction-outcome.ts'
import { TransactionScope, type ScopeSession } from './transaction-scope.ts'

export type Answer = postgres.RowList<postgres.Row[]>

/** What a transaction needs of its session. */
export interface TransactionSession extends ScopeSession {
  /** Outside of transactions it is read-only: where BEGIN is refused, what came behind it writes nothing. */
  readonly writesInTransactions: boolean
  /** It has answered a moment ago. */
  readonly isFresh: boolean
  /** Cuts it off; without a reason, it was lost. */
  end(reason?: Error): void
  run(statement: string): Promise<Answer>
  /** As `work`, but rejects as soon as the session ends. */
  orEnded<T>(work: Promise<T>): Promise<T>
}

/** One transaction of a session: how it begins, and whether what it did was committed. */
export class SessionTransaction {
  readonly #session: TransactionSession
  #committing = false
  /** PostgreSQL warned that there was no transaction to end. */
  #foundNone = false

  constructor(session: TransactionSession) {
    this.#session = session
  }

  /** PostgreSQL warns that a COMMIT or ROLLBACK found no transaction. */
  foundNone(): void {
    this.#foundNone = true
  }

  /**
   * @throws TransactionAbortedError when PostgreSQL answered COMMIT with a rollback: a statement had failed and its error was
   * swallowed; TransactionOverError when a statement of the work had ended the transaction
   */
  async run<T>(
    work: (transaction: Transaction) => Promise<T>,
    { signal, first, last }: TransactionOptions,
  ): Promise<T> {
    signal?.throwIfAborted()
    const abort = (): void => {
      // A COMMIT that is on its way is waited for: cut off, nobody would know whether it took effect.
      if (!this.#committing)
        this.#session.end(new SessionLostError('the work was stopped', { cause: signal?.reason }))
    }
    signal?.addEventListener('abort', abort)
    try {
      const result = await this.#uncommitted(work, first)
      this.#committing = true
      await this.#commit(last)
      return result
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  async #uncommitted<T>(
    work: (transaction: Transaction) => Promise<T>,
    first: TransactionOptions['first'],
  ): Promise<T> {
    const session = this.#session
    const begun = this.#begin()
    const hasBegun = begun.then(
      () => true,
      () => false,
    )
    if (!this.#mayRunAhead(first !== undefined)) await begun
    const scope = new TransactionScope(session)
    try {
      if (first !== undefined) await Promise.all([begun, session.orEnded(first(scope.sql))])
      const result = await session.orEnded(scope.during(work))
      await begun
      return result
    } catch (error) {
      scope.close()
      this.#foundNone = false
      await this.#rollBack()
      if (!(await hasBegun)) await begun
      if (session.lost === undefined && this.#foundNone) throw endedByItself(error)
      throw session.lost ?? error
    }
  }

  /**
   * May anything follow BEGIN before that is answered? A fifth of a transaction of one statement is waiting for it. Where BEGIN is refused
   * (a cancel that came too late for what it was meant for), such a session writes nothing.
   *
   * The work only where the session has answered a moment ago: one that has died unseen is found by BEGIN, or by what is `first`, and
   * the work can have another one.
   */
  #mayRunAhead(withFirst: boolean): boolean {
    return this.#session.writesInTransactions && (withFirst || this.#session.isFresh)
  }

  #begin(): Promise<unknown> {
    // The level, too: through a pooler nothing says so before.
    return this.#runOrEnd('begin read write, isolation level read committed')
  }

  /** @throws what `last` did, or COMMIT: nothing is committed then */
  async #commit(last: string | undefined): Promise<void> {
    this.#foundNone = false
    // Of two statements postgres.js gives one answer, whose command is the second one's.
    const { command } = await this.#lastAndCommit(last)
    if (this.#foundNone) throw endedByItself()
    if (command !== 'COMMIT') throw nothingCommitted()
  }

  async #lastAndCommit(last: string | undefined): Promise<Answer> {
    try {
      return await this.#runOrEnd(last === undefined ? 'commit' : `${last}; commit`)
    } catch (error) {
      // Where `last` failed, COMMIT was not looked at.
      if (last !== undefined) await this.#rollBack()
      throw explainRefusal(error)
    }
  }

  /** A session that is lost, or becomes so by this, has nothing left to roll back. */
  async #rollBack(): Promise<void> {
    if (this.#session.lost === undefined) await this.#runOrEnd('rollback').catch(() => {})
  }

  /** Sends a statement that decides about the transaction: when it did not get its answer, the session is of no use. */
  async #runOrEnd(statement: string): Promise<Answer> {
    try {
      return await this.#session.run(statement)
    } catch (error) {
      // A constraint that is checked at COMMIT fails like this, and is rolled back; the session is as good as before.
      if (!(error instanceof postgres.PostgresError)) this.#session.end()
      throw error
    }
  }
}
