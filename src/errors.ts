import { describeIssue } from './text/describe-issue.ts'

/**
 * Every error that Pawl throws. One class a cause; `code` is stable and safe to test against, the message is for a
 * person and may change. `hint` says what to do about it; `cause` is always the error that came before, if any.
 */
export abstract class PawlError extends Error {
  abstract readonly code: string
  readonly hint: string | undefined

  constructor(message: string, options: { readonly cause?: unknown; readonly hint?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = new.target.name
    this.hint = options.hint
  }
}

/** One thing that is wrong in a config: where (`jobs.midnight_stats.crontab`), and what would be right. */
export interface ConfigurationIssue {
  readonly path: string
  readonly message: string
  /** Where it is written, for a config that is a file of text. Line and column count from 1. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number }
}

/** The config cannot be used. Lists all that is wrong with it, not the first. */
export class ConfigurationError extends PawlError {
  readonly code = 'CONFIGURATION'
  readonly issues: readonly ConfigurationIssue[]

  constructor(
    issues: readonly ConfigurationIssue[],
    options: { readonly cause?: unknown; readonly hint?: string } = {},
  ) {
    super(issues.map(describeIssue).join('\n'), options)
    this.issues = issues
  }
}

interface OutsideErrorOptions {
  readonly retriable?: boolean
  readonly cause?: unknown
  readonly hint?: string
}

/** What Pawl depends on does not do its part. */
abstract class OutsideError extends PawlError {
  /** It may be there later, without anybody's doing; false: a wrong password or address, say. */
  readonly retriable: boolean

  constructor(
    message: string,
    { retriable, ...options }: OutsideErrorOptions & { readonly retriable: boolean },
  ) {
    super(message, options)
    this.retriable = retriable
  }
}

/** The database cannot be reached, is too old, or refuses us. The message never holds the password. */
export class DatabaseUnavailableError extends OutsideError {
  readonly code = 'DATABASE_UNAVAILABLE'

  constructor(message: string, options: OutsideErrorOptions = {}) {
    super(message, { retriable: false, ...options })
  }
}

/** A database session ended under running work. Nothing of its open transaction was committed. */
export class SessionLostError extends PawlError {
  readonly code = 'SESSION_LOST'
}

/**
 * A statement was sent on a transaction that has already ended, or was not sent at all: a query that the callback did not await. Or it
 * would have ended it: a COMMIT among the statements.
 */
export class TransactionOverError extends PawlError {
  readonly code = 'TRANSACTION_OVER'
}

/** A transaction was rolled back instead of committed: the error of one of its statements, or of a savepoint, was ignored. */
export class TransactionAbortedError extends PawlError {
  readonly code = 'TRANSACTION_ABORTED'
}

/** Rows given to `ctx.insert` or `ctx.upsert` cannot be written. Says who gave them, the table, and the column where that is known. */
export class WriteError extends PawlError {
  readonly code = 'WRITE'
}

/** Pawl's own tables were written by a newer Pawl. */
export class NewerSchemaError extends PawlError {
  readonly code = 'NEWER_SCHEMA'
}

/** Pawl's own tables were written by an earlier Pawl, and a command that only looks does not bring them up to date. */
export class OlderSchemaError extends PawlError {
  readonly code = 'OLDER_SCHEMA'
}

/** Another process took the lease over, or this one could not keep it: it may no longer write. */
export class LeaseLostError extends PawlError {
  readonly code = 'LEASE_LOST'
}

/** Another process works on this schema: what was asked for may be done only while none does. Names it. */
export class LeaseHeldError extends PawlError {
  readonly code = 'LEASE_HELD'
}

/** What cannot be taken back was asked for where nobody can be asked whether it is meant. */
export class ConfirmationRequiredError extends PawlError {
  readonly code = 'CONFIRMATION_REQUIRED'
}

/** A table of the indexed schema cannot be journalled, so a reorg could not be undone. Names the table and the reason. */
export class UnjournallableTableError extends PawlError {
  readonly code = 'UNJOURNALLABLE_TABLE'
}

/** A rollback cannot be done: the levels are not in the journal, or the range is not one. Nothing was reverted. */
export class RollbackError extends PawlError {
  readonly code = 'ROLLBACK'
}

/** `ctx.rollback` was called where it may not be, or with what it was not called for. Nothing was reverted. */
export class RollbackMisuseError extends RollbackError {}

/** A reorg reaches below what can be undone. Nothing was reverted. */
export class DeepReorgError extends RollbackError {
  /** From this level on, at least, what was indexed is of blocks that left the chain. */
  readonly fromLevel: number

  constructor(message: string, options: { readonly fromLevel: number; readonly hint?: string }) {
    super(message, options)
    this.fromLevel = options.fromLevel
  }
}

/** The schema cannot be wiped without touching what has to stay: an immune table, or another schema. Nothing was dropped. */
export class WipeError extends PawlError {
  readonly code = 'WIPE'
}

/** What is stored does not fit what is configured; says which reason, and how to go on. */
export class ReindexRequiredError extends PawlError {
  readonly code = 'REINDEX_REQUIRED'
}

/** A datasource did not answer, or not in a way that can be used. Retried with back-off where `retriable`. */
export class DatasourceError extends OutsideError {
  readonly code = 'DATASOURCE'

  constructor(message: string, options: OutsideErrorOptions = {}) {
    super(message, { retriable: true, ...options })
  }
}

/** The datasource serves another chain than the one that was indexed before. */
export class ChainMismatchError extends PawlError {
  readonly code = 'CHAIN_MISMATCH'
}

/** User code threw: names the handler or hook and where it stands; the user's own error is `cause`. */
export class CallbackError extends PawlError {
  readonly code: string = 'CALLBACK'
}

/** Arguments of a firing do not fit the hook's schema. The message lists every wrong argument. */
export class CallbackTypeError extends CallbackError {
  override readonly code = 'CALLBACK_TYPE'
}

/** No such hook. */
export class UnknownHookError extends PawlError {
  readonly code = 'UNKNOWN_HOOK'
}

/** No such durable firing, or none that what was asked for can be done to. */
export class UnknownFiringError extends PawlError {
  readonly code = 'UNKNOWN_FIRING'
}

/** No such index. */
export class UnknownIndexError extends PawlError {
  readonly code = 'UNKNOWN_INDEX'
}

/** No such job. */
export class UnknownJobError extends PawlError {
  readonly code = 'UNKNOWN_JOB'
}

/** The process that ran a job's firing ended before it did: whether it had its effect is unknown. */
export class FiringLostError extends PawlError {
  readonly code = 'FIRING_LOST'
}

/** A daemon's hook returned, though it is to run as long as Pawl does. It is started again. */
export class DaemonEndedError extends PawlError {
  readonly code = 'DAEMON_ENDED'
}

/** A SQL script is missing or failed; names file, line and statement. */
export class SqlScriptError extends PawlError {
  readonly code = 'SQL_SCRIPT'
}

/** What was asked for is for a process with another role to do. */
export class RoleError extends PawlError {
  readonly code = 'ROLE'
}

/** Pawl is stopping and takes no more work. */
export class StoppingError extends PawlError {
  readonly code = 'STOPPING'
}

/** Another process works in the embedded database's folder. */
export class FolderInUseError extends PawlError {
  readonly code = 'FOLDER_IN_USE'
}
