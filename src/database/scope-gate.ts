import { TransactionOverError } from '../errors.ts'
import type { StatementGate } from './statement-gate.ts'
import type { Query } from './query.ts'
import type { Statement } from './statement.ts'
import { controlRefusal } from './transaction-control.ts'
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

  /** A cursor of the session is open: what comes behind it waits for its end, which may wait for that in turn. */
  get isReading(): boolean {
    for (const statement of this.#session.running) if (statement.isOpenCursor) return true
    return false
  }

  settled(statement: Statement): void {
    this.#session.settled(statement)
    this.running.delete(statement)
  }

  errorOf(error: unknown): unknown {
    return this.#session.errorOf(error)
  }

  cancel(query: Query): void {
    this.#session.cancel(query)
  }

  end(_: Query, reason: Error): void {
    this.#session.end(reason)
  }
}

/** What the user's statements pass: none comes after the end, and rows that were given away go first. */
export class UserGate implements StatementGate {
  readonly transactional = true
  isOver = false
  readonly #gate: ScopeGate
  readonly #buffer: WriteBuffer
  /** Settles when the last statement that waits may start: others come behind it. */
  #turn: Promise<void> | undefined

  constructor(gate: ScopeGate, buffer: WriteBuffer) {
    this.#gate = gate
    this.#buffer = buffer
  }

  /** @param statement left out: of rows, which wait for whatever runs */
  refusal(statement?: Statement): Error | undefined {
    const refusal = this.#gate.refusal() ?? (this.isOver ? late() : undefined)
    if (refusal !== undefined || statement === undefined) return refusal
    return this.#gate.isReading ? reading() : controlRefusal(statement.text)
  }

  before(): Promise<void> | undefined {
    const sent = this.#send()
    if (sent === undefined && this.#turn === undefined) return undefined
    const turn = this.#behind(this.#turn, sent)
    const over = (): void => {
      if (this.#turn === turn) this.#turn = undefined
    }
    turn.then(over, over)
    this.#turn = turn
    return turn
  }

  async #behind(before: Promise<void> | undefined, sent: Promise<void> | undefined): Promise<void> {
    await Promise.all([sent, before?.catch(() => {})])
  }

  /** Undefined: nothing is on its way to the connection. */
  #send(): Promise<void> | undefined {
    if (!this.#buffer.isPending) return undefined
    const sent = this.#buffer.send()
    if (this.#buffer.isPending || this.#buffer.failure !== undefined) return sent
    return undefined
  }

  started(statement: Statement): void {
    this.#gate.started(statement)
  }

  settled(statement: Statement): void {
    this.#gate.settled(statement)
  }

  cancel(query: Query): void {
    this.#gate.cancel(query)
  }

  end(query: Query, reason: Error): void {
    this.#gate.end(query, reason)
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

export function reading(what = 'a statement'): TransactionOverError {
  return new TransactionOverError(
    `${what} was sent while a cursor of its transaction was open, and would have waited for its end for ever`,
    {
      hint: 'Give rows to ctx.insert or ctx.upsert, which wait for it; or read all before the next statement. Outside of a transaction a cursor has a connection of its own.',
    },
  )
}
