import { reasonOf } from '../text/reason-of.ts'
import type { Sql } from './database.ts'
import { watchQueries, type QueryWatch } from './guard-sql.ts'
import { MadeQueries, placeOfQuery } from './made-queries.ts'
import type { StatementGate } from './statement-gate.ts'
import type { Statement } from './statement.ts'

/** A daemon's callback runs for months. */
const MOST_FAILED = 100

/**
 * The single statements of one callback, outside of transactions. As in a transaction none outlives it; and what goes wrong with those that
 * nobody waits for is told.
 */
export class CallbackStatements implements QueryWatch {
  readonly sql: Sql
  readonly made = new MadeQueries()
  readonly #running = new Set<Statement>()
  /** Whoever made them may still ask. */
  readonly #failed = new Set<Statement>()

  /** @param sql what it sends them by */
  constructor(sql: Sql) {
    this.sql = watchQueries(sql, this)
  }

  gate(gate: StatementGate): StatementGate {
    return {
      ...gate,
      started: (statement) => {
        this.#running.add(statement)
        gate.started(statement)
      },
      settled: (statement) => {
        this.#running.delete(statement)
        const { failure, isHeard } = statement
        if (failure !== undefined && !isHeard && this.#failed.size < MOST_FAILED) this.#failed.add(statement)
        gate.settled(statement)
      },
    }
  }

  /** Resolves when none of them runs any more. @returns what went wrong without anybody having been told, as sentences about the callback */
  async end(): Promise<readonly string[]> {
    const told: string[] = []
    const running = [...this.#running]
    for (const statement of running) {
      if (statement.finish()) continue
      statement.isHeard = true
      told.push(
        `has left a COPY open, which was ended: ${placeOfQuery(statement)}. Await its stream to the end`,
      )
    }
    await Promise.all(running.map(({ done }) => done))
    for (const statement of this.#failed) {
      if (statement.isHeard) continue
      const reason = reasonOf(statement.failure?.error)
      told.push(
        `has sent a statement that failed, and that nobody awaited: ${reason}, in: ${placeOfQuery(statement)}`,
      )
    }
    for (const query of this.made.takeUnsent())
      told.push(`has made a query that was never sent: ${query}. A query is sent when it is awaited`)
    return told
  }
}
