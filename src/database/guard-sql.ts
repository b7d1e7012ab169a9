import type postgres from 'postgres'
import type { Sql } from './database.ts'
import type { MadeQueries } from './made-queries.ts'
import { originOf, type QueryOrigin } from './query-origin.ts'
import type { StatementGate } from './statement-gate.ts'
import type { Query } from './query.ts'
import { Statement } from './statement.ts'
import { callBegin, unsupported } from './unsupported-sql.ts'

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
  made?: MadeQueries,
): Sql {
  const guard = new SqlGuard(raw, gate, begin, made)
  // The target of a proxy is what it is handed to its handler as; that of any other type is nobody's here.
  guard.sql = new Proxy(raw, guard as ProxyHandler<typeof raw>) as unknown as Sql
  return guard.sql
}

export interface QueryWatch {
  /** Is told of the queries that are made. */
  readonly made: MadeQueries
  /** What they pass, in place of this. */
  gate(gate: StatementGate): StatementGate
}

/** As `sql`, and what becomes of the queries that are made by it is known. */
export function watchQueries(sql: Sql, watch: QueryWatch): Sql {
  return (sql as Sql & { readonly [WATCHED]: (watch: QueryWatch) => Sql })[WATCHED](watch)
}

/** The key by which a guard makes another. */
const WATCHED = Symbol('watched')

type Raw = postgres.Sql<{ bigint: bigint }>

/** Methods, not closures: of those V8 would have to learn anew for each transaction. */
class SqlGuard {
  declare sql: Sql
  readonly #raw: Raw
  readonly #gate: StatementGate
  readonly #begin: Sql['begin']
  readonly #made: MadeQueries | undefined

  constructor(raw: Raw, gate: StatementGate, begin: Sql['begin'], made: MadeQueries | undefined) {
    this.#raw = raw
    this.#gate = gate
    this.#begin = begin
    this.#made = made
  }

  apply(target: unknown, _: unknown, args: unknown[]): unknown {
    const query = (target as (...args: unknown[]) => unknown)(...args.map(withTextBigints))
    return isQuery(query) ? this.#pass(query, originOf(args[0], this.apply)) : query
  }

  get(target: Raw, key: string | symbol): unknown {
    if (key === 'begin') return (...args: readonly unknown[]) => callBegin(this.#begin, args)
    if (key === WATCHED) {
      return (watch: QueryWatch) => guardSql(this.#raw, watch.gate(this.#gate), this.#begin, watch.made)
    }
    // postgres.js's own goes past the gate.
    if (key === 'notify') {
      const { sql } = this
      return (channel: string, payload: string) => sql`select pg_notify(${channel}, ${payload})`
    }
    const value: unknown = Reflect.get(target, key)
    if (key !== 'unsafe' && key !== 'file') return unsupported(key) ?? value
    const make = (...args: unknown[]): unknown => {
      const query = (value as (...args: unknown[]) => unknown).apply(target, args.map(withTextBigints))
      return isQuery(query) ? this.#pass(query, originOf(args[0], make)) : query
    }
    return make
  }

  #pass(query: Query, origin: QueryOrigin): Query {
    const made = this.#made
    const statement = new Statement(query, { gate: this.#gate, close: this.#raw.CLOSE, origin, made })
    made?.made(statement)
    return query
  }
}

function isQuery(value: unknown): value is Query {
  return value instanceof Promise && 'handle' in value
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
