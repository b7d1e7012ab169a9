import { TransactionOverError } from '../errors.ts'
import type { Sql } from './database.ts'

/** What postgres.js has beside queries goes past the transaction, or ends its connection. With what to do in its place. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  end: "Connections are Pawl's: leave them open.",
  close: "Connections are Pawl's: leave them open.",
  reserve: 'For statements that need one connection: sql.begin(async (sql) => { … }).',
  savepoint: 'sql.begin(async (sql) => { … }) is a savepoint inside a transaction.',
  prepare: 'Pawl ends transactions by itself, and prepares none.',
  listen: 'Listen by a connection of your own, made by postgres().',
  subscribe: 'Subscribe by a connection of your own, made by postgres().',
  largeObject: 'Use lo_get, lo_put and lo_from_bytea in a statement, or a bytea column.',
}

/** A function that says why this one of postgres.js is not there; undefined: it is, or there is none. */
export function unsupported(name: string | symbol): (() => Promise<never>) | undefined {
  if (typeof name !== 'string' || !Object.hasOwn(UNSUPPORTED, name)) return undefined
  const hint = UNSUPPORTED[name] ?? ''
  return () => Promise.reject(new TransactionOverError(`ctx.sql has no ${name}(…) of postgres.js`, { hint }))
}

type Begin = Sql['begin']

/**
 * `sql.begin` as users call it: also with work that returns its queries in an array, as postgres.js takes it.
 * @throws TransactionOverError for its options, or what is no function
 */
export function callBegin(begin: Begin, [work, ...rest]: readonly unknown[]): Promise<unknown> {
  if (typeof work !== 'function' || rest.length > 0) {
    const hint =
      'sql.begin(async (sql) => { … }). An isolation level is its first statement: set transaction isolation level serializable'
    return Promise.reject(new TransactionOverError('sql.begin takes a function and nothing else', { hint }))
  }
  return begin(async (sql) => {
    const made: unknown = await (work as (sql: Sql) => unknown)(sql)
    return Array.isArray(made) ? Promise.all(made as unknown[]) : made
  })
}
