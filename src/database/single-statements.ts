import { readFile } from 'node:fs/promises'
import postgres from 'postgres'
import type { ArrayTypes } from './array-types.ts'
import type { Sql } from './database.ts'
import { guardSql } from './guard-sql.ts'
import { lasts } from './lasting-statement.ts'
import type { ConnectOptions, RawSql, Session } from './session.ts'
import type { SessionPool } from './session-pool.ts'
import type { StatementGate } from './statement-gate.ts'
import type { Query } from './query.ts'
import { controlRefusal } from './transaction-control.ts'

export interface SingleStatementsOptions {
  readonly connect: ConnectOptions
  /** Asked by each statement, where it is sent. */
  readonly pool: () => SessionPool
  readonly arrayTypes: ArrayTypes
  readonly refusal: () => Error | undefined
  readonly errorOf: (error: unknown) => unknown
  /** A statement was to leave something in its session that whatever comes next shall find: a setting, a lock. Nothing will. */
  readonly onTrace: (text: string) => void
  readonly begin: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
}

/**
 * `sql` for single statements, each on a session of the pool. Not postgres.js's own pool: when a connection of that dies
 * under a cursor or a statement, the next statement on it fails, too, or nothing more is sent, or the process ends by an
 * exception that nobody can catch.
 */
export function singleStatements({
  connect,
  pool,
  arrayTypes,
  refusal,
  errorOf,
  onTrace,
  begin,
}: SingleStatementsOptions): Sql {
  // Makes the queries, and never connects.
  const socket = (): Promise<never> =>
    Promise.reject(new Error('this function of postgres.js is not supported'))
  const factory = postgres({ ...connect, socket } as ConnectOptions) as unknown as RawSql
  const files = new WeakMap<Query, string>()
  /** The session that each was sent by. */
  const carriers = new WeakMap<Query, Session>()
  const gate: StatementGate = {
    transactional: false,
    refusal: (statement) => refusal() ?? controlRefusal(statement.text),
    started: () => {},
    settled: ({ sent }) => {
      if (lasts(sent) === 'surely') onTrace(sent)
    },
    errorOf,
    cancel: (query) => carriers.get(query)?.cancel(query),
    end: (query, reason) => carriers.get(query)?.end(reason),
    send: (query, statement) => {
      const run = async (session: Session): Promise<void> => {
        carriers.set(query, session)
        arrayTypes.teach(factory)
        arrayTypes.teach(session.raw)
        const file = files.get(query)
        if (file !== undefined) {
          query.strings = [await readFile(file, 'utf8')]
          const refused = controlRefusal(statement.text)
          if (refused !== undefined) throw refused
        }
        await session.carry(query, statement)
      }
      pool()
        .use(run)
        .catch((error: unknown) => statement.reject(error))
    },
  }
  // postgres.js's own would hand the text to its own connections.
  factory.file = ((path: string, args: never[] = [], options: object = {}) => {
    const query = factory.unsafe('', args, { prepare: true, ...options })
    files.set(query as unknown as Query, path)
    return query
  }) as RawSql['file']
  return guardSql(factory, gate, begin)
}
