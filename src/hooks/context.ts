import type { Sql } from '../database/database.ts'
import type { Datasource } from '../datasources/datasource.ts'
import type { Logger } from '../logger.ts'

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
}

/** Where an index stands. */
export interface IndexStatus {
  readonly name: string
  /** The last level indexed and committed; undefined: none yet. */
  readonly level: number | undefined
  /** The newest level that its datasource told of. */
  readonly head: number | undefined
  readonly synchronized: boolean
}

/** What handlers and hooks have in common. */
export interface BaseContext {
  /**
   * postgres.js. In a handler and an atomic hook it is bound to the running transaction; elsewhere each statement is its
   * own transaction, and `sql.begin` makes a longer one.
   */
  readonly sql: Sql
  readonly logger: Logger
  /** Aborted when Pawl stops; pass it on to what waits. */
  readonly signal: AbortSignal
  /** The datasources by the name of their index. */
  readonly datasources: Readonly<Record<string, Datasource>>
  readonly indexes: Readonly<Record<string, IndexStatus>>
  /**
   * Fires a user hook and waits for it.
   * @throws UnknownHookError, CallbackTypeError, CallbackError
   */
  fireHook(hook: string, args?: Readonly<Record<string, unknown>>): Promise<void>
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
}

export interface HandlerContext extends BaseContext {
  readonly index: string
}

export interface HookContext extends BaseContext {
  readonly firing: Firing
  /**
   * Undoes every database write of the levels above `toLevel` and moves the index's cursor there, in one transaction.
   * Only in `on_index_rollback`, for the index and levels that it was called with. That is its default, too.
   * @throws RollbackError
   */
  rollback(index: string, fromLevel: number, toLevel: number): Promise<void>
}
