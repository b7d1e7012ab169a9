import type { Clock } from '../clock.ts'
import type { Database, Sql, Transaction } from '../database/database.ts'
import { quoteName } from '../database/journal-ddl.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import {
  LeaseLostError,
  TransactionAbortedError,
  TransactionOverError,
  UnjournallableTableError,
} from '../errors.ts'
import type { RunHandler } from './follower-options.ts'
import type { LevelGate } from './level-gate.ts'
import type { LevelGroup } from './level-group.ts'

export interface WriterOptions {
  readonly index: string
  readonly database: Database
  readonly fence: bigint | undefined
  readonly clock: Clock
  readonly gate: LevelGate
  readonly runHandler: RunHandler
  /** What the handler is called with, one after the other: each block, or some at a time where the index is one of batches. */
  readonly callsOf: (blocks: readonly BlockRef[]) => readonly (readonly BlockRef[])[]
  /** Brings the journal's triggers up to date with the tables. */
  readonly track: () => Promise<void>
}

export interface GroupToWrite extends LevelGroup {
  readonly indexId: number
  /** Where the index stands. */
  readonly cursor: BlockRef | undefined
  /** Aborted: begin nothing more; a group ends after the level that runs. */
  readonly stop: AbortSignal
  /** Aborted: cut off and roll back. */
  readonly signal: AbortSignal
  /** Of a group that is final: what is there by now to follow in the same transaction, behind `done`. */
  readonly following: (done: BlockRef) => LevelGroup | undefined
}

/** ms after which a group ends early: a cut-off loses no more than that. */
const LONGEST_GROUP = 5_000
/** ms after which no other group follows in the same transaction: while it is committed, nothing else is done. */
const LONG_ENOUGH = 1_000
/** Tables that change faster than they can be journalled are a mistake, not bad luck. */
const TRIES = 3

/** Commits levels with their cursor. */
export class LevelWriter {
  readonly #options: WriterOptions

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /**
   * Runs the handler for the blocks, in one transaction that moves the cursor.
   *
   * @returns where the index stands now: before the group's end where it was asked to end early, but behind one block at least; after
   * it where other groups followed.
   * @throws what the handler throws; LeaseLostError; UnjournallableTableError; the reason of `stop` when it was aborted
   * before the transaction began. Nothing is committed then – unless the session was lost on COMMIT: then load the cursor.
   */
  async write(group: GroupToWrite): Promise<BlockRef> {
    const { database, gate, track } = this.#options
    const { stop, signal } = group
    for (let tries = 1; ; tries += 1) {
      try {
        return await gate.level(
          () =>
            database.transaction((transaction) => this.#run(transaction, group), {
              signal,
              isLevel: true,
              first: (sql) => this.#begin(sql, group, group.cursor, group.end),
              last: this.#endLevel,
            }),
          stop,
        )
      } catch (error) {
        if (sqlState(error) === 'PW004') throw this.#unjournallable(error, group)
        if (sqlState(error) === 'PW005') throw this.#over(error, group)
        if (error instanceof TransactionAbortedError) throw this.#aborted(error, group)
        // Only of levels that are journalled: behind others, ranges have followed that are not there a second time.
        if (sqlState(error) !== 'PW003' || !group.journal) throw error
        if (tries === TRIES) throw this.#unjournallable(error, group)
        // Alone: it locks tables one by one, and would deadlock with another index's level that writes two of them.
        await gate.exclusive(track, stop)
      }
    }
  }

  async #run(transaction: Transaction, group: GroupToWrite): Promise<BlockRef> {
    const { clock, gate } = this.#options
    const { stop, following } = group
    const started = clock.now()
    const lasted = (ms: number): boolean =>
      stop.aborted || gate.contended || Math.abs(clock.now() - started) >= ms
    let cursor = group.end
    for (let next: LevelGroup | undefined = group; next !== undefined;) {
      cursor = await this.#runHandlers(transaction, next, group.signal, () => lasted(LONGEST_GROUP))
      const isOver: boolean = group.journal || cursor !== next.end || lasted(LONG_ENOUGH)
      next = isOver ? undefined : following(cursor)
    }
    if (cursor !== group.end) await this.#move(transaction, group, cursor)
    return cursor
  }

  /** @returns the last block that is done, or the group's end */
  async #runHandlers(
    transaction: Transaction,
    { blocks, end }: LevelGroup,
    signal: AbortSignal,
    endsEarly: () => boolean,
  ): Promise<BlockRef> {
    const { runHandler, callsOf } = this.#options
    const last = blocks.at(-1)
    for (const some of callsOf(blocks)) {
      await runHandler(transaction, some, signal)
      // A handler that only gives rows away does not wait for the database by itself.
      await transaction.keepUp()
      const done = some.at(-1)
      if (done !== undefined && done !== last && endsEarly()) return done
    }
    return end
  }

  /** Before all else: it takes the index's lock, and fails where another process has taken over. */
  async #begin(sql: Sql, group: GroupToWrite, from: BlockRef | undefined, to: BlockRef): Promise<void> {
    const { database, fence } = this.#options
    try {
      await sql`
        select ${sql(database.ownSchema)}.begin_level(${group.indexId}, ${from?.level ?? null}, ${to.level}, ${to.hash},
          ${to.parentHash}, ${to.timestamp}, ${fence ?? null}, ${group.journal})`
    } catch (error) {
      throw this.#explain(error, group)
    }
  }

  /**
   * The cursor was put to the group's last level when it began: back, where it ended early, or on, over what followed. Only for groups
   * that are not journalled.
   */
  async #move({ sql }: Transaction, group: GroupToWrite, to: BlockRef): Promise<void> {
    // What a handler did to the transaction would pass for another process that moves the cursor, or for nothing.
    await sql.unsafe(this.#endLevel)
    await this.#begin(sql, group, group.end, to)
    await sql`
      delete from ${sql(this.#options.database.ownSchema)}.block
      where index_id = ${group.indexId} and level > ${to.level}`
  }

  /** Fails where the level altered tables, or ended its transaction by itself. */
  get #endLevel(): string {
    return `select ${quoteName(this.#options.database.ownSchema)}.end_level()`
  }

  #explain(error: unknown, group: GroupToWrite): unknown {
    const { index } = this.#options
    switch (sqlState(error)) {
      case 'PW001':
        return new LeaseLostError(
          `index "${index}": another process took the lease over; this one may not write any more`,
          { cause: error },
        )
      case 'PW002':
        return new LeaseLostError(
          `index "${index}" does not stand at ${describe(group.cursor)} any more, where this process left it: ` +
            'something else moved it',
          { cause: error, hint: 'Let only one process index into a schema.' },
        )
      default:
        return error
    }
  }

  #over(cause: unknown, { end }: GroupToWrite): TransactionOverError {
    return new TransactionOverError(
      `index "${this.#options.index}", level ${end.level}: its transaction was ended by a COMMIT or ROLLBACK among the handler's own ` +
        'statements, or lost its settings by RESET ALL; what came after was rolled back',
      { cause, hint: 'Leave BEGIN, COMMIT, ROLLBACK and RESET ALL to Pawl.' },
    )
  }

  /** At its end, when no handler's name stands beside it any more. */
  #aborted(
    { message, hint, cause }: TransactionAbortedError,
    { end }: GroupToWrite,
  ): TransactionAbortedError {
    const where = `index "${this.#options.index}", level ${end.level}`
    return new TransactionAbortedError(
      `${where}: ${message}`,
      hint === undefined ? { cause } : { cause, hint },
    )
  }

  #unjournallable(error: unknown, { end }: GroupToWrite): UnjournallableTableError {
    const { message, hint } = error as Error & { readonly hint?: unknown }
    return new UnjournallableTableError(`index "${this.#options.index}", level ${end.level}: ${message}`, {
      cause: error,
      ...(typeof hint === 'string' ? { hint } : {}),
    })
  }
}

function describe(cursor: BlockRef | undefined): string {
  return cursor === undefined ? 'its start' : `level ${cursor.level}`
}

function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
