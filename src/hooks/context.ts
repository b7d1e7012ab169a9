import type { Sql } from '../database/database.ts'
import type { UpsertOptions } from '../database/row-writer.ts'
import type { Datasource } from '../datasources/datasource.ts'
import type { JobControl } from '../jobs/job-control.ts'
import type { Logger } from '../logger.ts'
import type { LifecycleControl } from './lifecycle-control.ts'
import type { FireArguments, HookName } from './project-hooks.ts'
import type { ColumnOf, RowOf, TableName } from './project-tables.ts'

/** Who fired a hook. */
export type FiringOrigin =
  | { readonly type: 'lifecycle' }
  | { readonly type: 'outside' }
  | { readonly type: 'handler'; readonly index: string; readonly level: number }
  | { readonly type: 'hook'; readonly hook: string; readonly firing: string }
  | { readonly type: 'job'; readonly job: string; readonly fireTime: Date | undefined }

/** One run of a hook. */
export interface Firing {
  readonly id: string
  readonly hook: string
  readonly origin: FiringOrigin
  /** 1, and more where a durable firing runs again: `id` is the same then, and fits as an idempotency key. */
  readonly attempt: number
}

/** Where an index stands. */
export interface IndexStatus {
  readonly name: string
  /** The last level indexed and committed; undefined: none yet. */
  readonly level: number | undefined
  /** Of the block at `level`, in seconds since 1970; not there where this process does not know it. */
  readonly timestamp?: number | undefined
  /** The newest level that its datasource told of. */
  readonly head: number | undefined
  readonly synchronized: boolean
  /**
   * Rows from this level on may be of blocks that left the chain, and could not be undone: see `reindex.rollback`. undefined:
   * all is well.
   */
  readonly orphanedFrom: number | undefined
}

/** What handlers and hooks have in common. */
export interface BaseContext extends LifecycleControl {
  /**
   * postgres.js. In a handler and an atomic hook it is bound to the running transaction; elsewhere each statement is its
   * own transaction, and `sql.begin` makes a longer one. What a statement leaves in its connection (`SET`, a temporary table, an
   * advisory lock) lasts until the end of the transaction. All is `read committed`, whatever the database's default is.
   * What it returns for each type: [hooks](hooks.md#what-ctxsql-returns).
   */
  readonly sql: Sql
  /**
   * Writes rows of a table as part of the running transaction: many a statement, later, and before any other statement of `sql`
   * and before a savepoint – so nothing ever sees that it was later. What cannot be written fails the transaction with a
   * `WriteError`. Not in a hook that is not atomic, but for inside its `sql.begin(…)`.
   *
   * Objects and arrays are JSON in a `json` column, `0x…` is its bytes in a `bytea` column, a column left out gets its default.
   *
   * @example
   * ctx.insert('transfer', logs.map(({ args }) => ({ level, from: args.from, to: args.to, amount: args.value })))
   */
  insert<Name extends TableName>(table: Name, rows: RowOf<Name> | readonly RowOf<Name>[]): void
  /**
   * As `insert`; where a row with the same `key` is there, its other columns become those of the new one – but what is in `add`
   * is added to them, and what is in `keep` stays.
   *
   * @example
   * ctx.upsert('balance', { account: args.to, amount: args.value }, { key: 'account', add: 'amount' })
   */
  upsert<Name extends TableName>(
    table: Name,
    rows: RowOf<Name> | readonly RowOf<Name>[],
    options: UpsertOptions<ColumnOf<Name>>,
  ): void
  /** Its lines carry the name of the hook or index. */
  readonly logger: Logger
  /** Aborted when Pawl stops; pass it on to what waits. */
  readonly signal: AbortSignal
  /** The datasources by the name of their index. */
  readonly datasources: Readonly<Record<string, Datasource>>
  /** Where each index stands. */
  readonly indexes: Readonly<Record<string, IndexStatus>>
  /** Adds, pauses, runs … jobs. Each change stays, whatever becomes of the running transaction. */
  readonly jobs: JobControl
  /**
   * Fires a user hook and waits for it. Names and arguments are typed where `pawl-env.d.ts` tells them.
   *
   * With `wait: false` it only queues the firing, durably, in the running transaction: it runs after that was committed and
   * never when that was rolled back, also after a crash. See `FireOptions`.
   * @throws UnknownHookError, CallbackTypeError; CallbackError when the hook failed that it waited for
   *
   * @example
   * await ctx.fireHook('announce', { transfer }, { wait: false, confirmations: 12, key: transfer })
   */
  fireHook<Name extends HookName>(hook: Name, ...args: FireArguments<Name>): Promise<void>
  /**
   * Runs `sql/<dotted.name>.sql`, or every `*.sql` of the folder `sql/<dotted.name>/` in natural order.
   * @throws SqlScriptError
   */
  executeSqlScript(name: string, args?: readonly unknown[]): Promise<void>
  /** Runs the one statement of `sql/<dotted.name>.sql` and returns its rows. @throws SqlScriptError */
  executeSqlQuery<Row extends object = Record<string, unknown>>(
    name: string,
    args?: readonly unknown[],
  ): Promise<Row[]>
  /**
   * Runs `work` where this key has not run on this database, also over restarts: what it writes by its `sql` and the note that it
   * ran are one transaction – the callback's own, where that has one. So it is done once, or, when it throws or the process
   * dies, not at all and again the next time. Others with the same key wait for it. In a level's transaction it goes with the
   * level when that leaves the chain; a wipe forgets every key.
   * @returns whether it ran
   *
   * @example
   * await ctx.once('seed the tokens', (sql) => sql`insert into token values ('USDC', 6)`)
   */
  once(key: string, work: (sql: Sql) => Promise<unknown> | void): Promise<boolean>
}

/** What a handler gets as its first argument: bound to the level's transaction. */
export interface HandlerContext extends BaseContext {
  /** The name of the index that this handler is of. */
  readonly index: string
}

/** What a hook gets as its first argument: bound to its transaction, where it has one. */
export interface HookContext extends BaseContext {
  /** This run of the hook. */
  readonly firing: Firing
  /**
   * Undoes every database write of the levels above `toLevel` and moves the index's cursor there, in one transaction.
   * Only in `on_index_rollback`, for the index and levels that it was called with. That is its default, too.
   * @throws RollbackError
   */
  rollback(index: string, fromLevel: number, toLevel: number): Promise<void>
}
