import { CallbackError } from '../errors.ts'
import type { Database, Sql, Transaction } from '../database/database.ts'
import { CallbackStatements } from '../database/callback-statements.ts'
import { markTransaction } from '../database/transaction-scope.ts'
import type { Row, RowWriter } from '../database/row-writer.ts'
import type { Datasource } from '../datasources/datasource.ts'
import type { JobControl } from '../jobs/job-control.ts'
import { abortSignalOf, type StopSignal } from '../light-signal.ts'
import type { Logger, LogFields } from '../logger.ts'
import type { BaseContext, FiringOrigin, IndexStatus } from './context.ts'
import type { FireOptions } from './fire-options.ts'
import type { FiringLevel } from './firing-store.ts'
import type { LifecycleControl } from './lifecycle-control.ts'
import { runOnce } from './run-once.ts'
import { runQuery, runScript } from './sql-script/run-script.ts'

/** Where a callback runs: for its context, and for what it fires in turn. */
export interface Surroundings {
  /** The callback, as errors call it. */
  readonly name: string
  /** The transaction that `ctx.sql` is bound to. */
  readonly transaction: Transaction | undefined
  /**
   * A transaction further up waits for the callback to end. It may hold locks and keep levels waiting, so the callback may
   * wait for neither without a limit.
   */
  readonly awaited: boolean
  readonly signal: StopSignal
  /** What its log lines say of it. */
  readonly logFields: LogFields
  /** Of what the callback fires. */
  readonly origin: FiringOrigin
  /** The level whose transaction it is. */
  readonly level: FiringLevel | undefined
}

export interface ContextOptions {
  readonly database: Database
  /** The project's: `sql/` is in it. */
  readonly directory: string
  readonly datasources: () => Readonly<Record<string, Datasource>>
  readonly indexes: () => Readonly<Record<string, IndexStatus>>
  readonly jobs: JobControl
  readonly lifecycle: LifecycleControl
  readonly logger: Logger
  readonly fire: (hook: string, args: Readonly<Record<string, unknown>>, from: Surroundings) => Promise<void>
  /** Queues a durable firing by this `sql`. */
  readonly queue: (
    sql: Sql,
    hook: string,
    args: Readonly<Record<string, unknown>>,
    options: FireOptions,
    from: Surroundings,
  ) => Promise<unknown>
  /** Is this hook atomic, so that it would join a running transaction? */
  readonly joins: (hook: string) => boolean
}

/** A callback's context. `end` makes it refuse what comes later. */
export interface CallbackLife {
  readonly ctx: BaseContext
  /**
   * Resolves when the hooks that joined the callback's transaction have ended, also those that it did not await.
   */
  end(): Promise<void>
}

export function createContext(surroundings: Surroundings, options: ContextOptions): CallbackLife {
  const { name, transaction, awaited } = surroundings
  const { database, directory, datasources, indexes, jobs, lifecycle, fire, queue, joins } = options
  // A transaction looks at its own.
  const sender = transaction ?? new CallbackStatements(awaited ? database.impatientSql : database.userSql)
  const { sql } = sender
  const begun = markTransaction()
  const joined = new Set<Promise<void>>()
  let logger: Logger | undefined
  let over = false
  const check = (what: string): void => {
    if (!over) return
    throw new CallbackError(`${name} has ended, but its context was still used: ${what} came too late`, {
      hint: 'Await everything in the callback.',
    })
  }
  const fireHook = async (
    hook: string,
    args: Readonly<Record<string, unknown>>,
    options: FireOptions | undefined,
    inside: Transaction | undefined,
  ): Promise<void> => {
    check(`fireHook("${hook}")`)
    await (options === undefined
      ? fire(hook, args, surroundings)
      : queue(inside?.sql ?? sql, hook, args, options, surroundings))
  }
  /** Inside sql.begin(…) that, so that they are undone with it. */
  const writer = (what: string): RowWriter => {
    check(what)
    const writing = begun() ?? transaction
    if (writing !== undefined) return writing
    throw new CallbackError(`${name} has no transaction that ${what} could be part of`, {
      hint: 'Make the hook atomic, or call it inside ctx.sql.begin(…).',
    })
  }
  const ctx: BaseContext = {
    sql,
    // The project's tables are interfaces, which are no records.
    insert: (table, rows) => writer(`insert("${table}")`).insert(table, rows as Row | readonly Row[], name),
    upsert: (table, rows, options) =>
      writer(`upsert("${table}")`).upsert(table, rows as Row | readonly Row[], options, name),
    // Made when they are asked for: few callbacks do.
    get logger() {
      return (logger ??= options.logger.child(surroundings.logFields))
    },
    get signal() {
      return abortSignalOf(surroundings.signal)
    },
    jobs,
    get datasources() {
      return datasources()
    },
    get indexes() {
      return indexes()
    },
    fireHook(hook, ...[args = {} as never, options]) {
      // Inside sql.begin(…) it is queued when that is committed, and not when it is undone.
      const inside = options === undefined ? undefined : begun()
      const firing = fireHook(hook, args, options, inside)
      inside?.joinedBy(firing)
      // Also so that a failure that nobody awaits does not end the process: the firing's events tell of it.
      const settled = (): void => void joined.delete(firing)
      firing.then(settled, settled)
      if (transaction !== undefined && (options !== undefined || joins(hook))) joined.add(firing)
      return firing
    },
    executeSqlScript: async (script, args = []) => {
      check(`executeSqlScript("${script}")`)
      await runScript({ directory, name: script, args, sql })
    },
    executeSqlQuery: async (script, args = []) => {
      check(`executeSqlQuery("${script}")`)
      return runQuery({ directory, name: script, args, sql })
    },
    once: async (key, work) => {
      check(`once("${key}")`)
      return runOnce({ key, work }, { ...surroundings, transaction: begun() ?? transaction }, database)
    },
    reindex: (how) => {
      check('reindex()')
      lifecycle.reindex(how)
    },
    restart: () => {
      check('restart()')
      lifecycle.restart()
    },
    addIndex: async (index, config) => {
      check(`addIndex("${index}")`)
      await lifecycle.addIndex(index, config)
    },
    removeIndex: (index) => {
      check(`removeIndex("${index}")`)
      lifecycle.removeIndex(index)
    },
  }
  const end = async (): Promise<void> => {
    over = true
    if (joined.size > 0) await Promise.allSettled(joined)
    if (!(sender instanceof CallbackStatements)) return
    for (const wrong of await sender.end()) ctx.logger.warn(`${name} ${wrong}`)
  }
  return { ctx, end }
}
