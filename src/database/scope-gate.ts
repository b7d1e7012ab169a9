import { TransactionOverError } from '../errors.ts'
import type { Statement, StatementGate } from './statement.ts'
import type { ScopeSession } from './transaction-scope.ts'
import type { WriteBuffer } from './write-buffer.ts'

/** What each statement of a transaction or savepoint passes; ours come after the end of the work, too. */
export class ScopeGate implements StatementGate {
  readonly transactional = true
  readonly running = new Set<Statement>()
  /** How many statements were sent. */
  sent = 0
  readonly #session: ScopeSession

  constructor(session: ScopeSession) {
    this.#session = session
  }

  refusal(): Error | undefined {
    return this.#session.lost
  }

  started(statement: Statement): void {
    this.sent += 1
    this.#session.running.add(statement)
    this.running.add(statement)
  }

  settled(statement: Statement): void {
    this.#session.running.delete(statement)
    this.running.delete(statement)
  }

  errorOf(error: unknown): unknown {
    return this.#session.errorOf(error)
  }
}

/** What the user's statements pass: none comes after the end, and rows that were given away go first. */
export class UserGate implements StatementGate {
  readonly transactional = true
  isOver = false
  readonly #gate: ScopeGate
  readonly #buffer: WriteBuffer

  constructor(gate: ScopeGate, buffer: WriteBuffer) {
    this.#gate = gate
    this.#buffer = buffer
  }

  refusal(): Error | undefined {
    return this.#gate.refusal() ?? (this.isOver ? late() : undefined)
  }

  before(): Promise<void> | undefined {
    return this.#buffer.isPending ? this.#buffer.send() : undefined
  }

  started(statement: Statement): void {
    this.#gate.started(statement)
  }

  settled(statement: Statement): void {
    this.#gate.settled(statement)
  }

  /** A statement after rows that could not be written fails because of them. */
  errorOf(error: unknown): unknown {
    return this.#buffer.failure ?? this.#gate.errorOf(error)
  }
}

function late(): TransactionOverError {
  return new TransactionOverError('a statement came after the end of its transaction', {
    hint: 'Await every query before the callback returns.',
  })
}
