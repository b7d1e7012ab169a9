import type postgres from 'postgres'
import type { Sql } from './database.ts'

/** What of postgres.js's Query we rely on; pinned by version, and by the tests of the session. */
export interface Query extends Promise<unknown> {
  executed: boolean
  /** Set on a cursor, whose promise never settles: its iterator does. */
  readonly cursorFn: unknown
  reject(error: unknown): void
  handle(): unknown
}

/** Decides about statements, and knows which run. */
export interface StatementGate {
  /** Why no statement may start now; undefined: it may. */
  refusal(): Error | undefined
  started(query: Query): void
  /** Not called for cursors. */
  settled(query: Query): void
}

/**
 * postgres.js's own `sql`, with each statement passing a gate at the moment that it would be sent. Statements stay real
 * postgres.js queries, so that fragments, cursors and `sql(…)` work as its manual says.
 *
 * Two things are different. `bigint` goes to the server as text of no declared type: postgres.js would declare it `int8`,
 * and a wei amount in a `numeric` column does not fit that. And there is `begin`.
 */
export function guardSql(
  raw: postgres.Sql<{ bigint: bigint }>,
  gate: StatementGate,
  begin: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>,
): Sql {
  const pass = (query: unknown): unknown => {
    if (isQuery(query)) watch(query, gate)
    return query
  }
  return new Proxy(raw, {
    apply: (target, _, [first, ...rest]: [unknown, ...unknown[]]) =>
      pass(
        (target as unknown as (...args: unknown[]) => unknown)(
          withTextBigints(first),
          ...rest.map(withTextBigints),
        ),
      ),
    get: (target, key) => {
      if (key === 'begin') return begin
      const value: unknown = Reflect.get(target, key)
      if (key !== 'unsafe' && key !== 'file' && key !== 'notify') return value
      return (...args: unknown[]) =>
        pass((value as (...args: unknown[]) => unknown).apply(target, args.map(withTextBigints)))
    },
  }) as unknown as Sql
}

function isQuery(value: unknown): value is Query {
  return value instanceof Promise && 'handle' in value
}

function watch(query: Query, gate: StatementGate): void {
  const handle = query.handle
  query.handle = function (this: Query): unknown {
    if (this.executed) return handle.call(this)
    const refusal = gate.refusal()
    if (refusal !== undefined) {
      this.executed = true
      this.reject(refusal)
      return Promise.resolve()
    }
    gate.started(this)
    if (this.cursorFn === null) {
      const settled = (): void => gate.settled(this)
      // Not the query's own `then`: that would start it once more.
      void Promise.prototype.then.call(this, settled, settled)
    }
    return handle.call(this)
  }
}

function withTextBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) {
    // Template strings carry `raw`, and postgres.js knows them by identity.
    return 'raw' in value || !value.some(holdsBigint) ? value : value.map(withTextBigints)
  }
  if (!isPlainObject(value) || !Object.values(value).some(holdsBigint)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withTextBigints(inner)]))
}

function holdsBigint(value: unknown): boolean {
  if (typeof value === 'bigint') return true
  if (Array.isArray(value)) return value.some(holdsBigint)
  return isPlainObject(value) && Object.values(value).some(holdsBigint)
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
