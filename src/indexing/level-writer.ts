import type { Clock } from '../clock.ts'
import type { Database, LastStatement, Transaction } from '../database/database.ts'
import { quoteName } from '../database/journal-ddl.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import { LeaseLostError, UnjournallableTableError } from '../errors.ts'
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
  /** The handler takes all blocks at once. */
  readonly batch: boolean
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
}

export interface WrittenGroup {
  /** How many of the blocks. */
  readonly blocks: number
  /** Where the index stands now. */
  readonly cursor: BlockRef
}

/** ms after which a group ends early: a cut-off loses no more than that. */
const LONGEST_GROUP = 5_000
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
   * @returns what is committed: fewer blocks than given where a group was asked to end early, but at least one.
   * @throws what the handler throws; LeaseLostError; UnjournallableTableError; the reason of `stop` when it was aborted
   * before the transaction began. Nothing is committed then – unless the session was lost on COMMIT: then load the cursor.
   */
  async write(group: GroupToWrite): Promise<WrittenGroup> {
    const { database, gate, track } = this.#options
    const { stop, signal } = group
    for (let tries = 1; ; tries += 1) {
      try {
        return await gate.level(
          () =>
            database.transaction((transaction) => this.#run(transaction, group), {
              signal,
              last: this.#endLevel,
            }),
          stop,
        )
      } catch (error) {
        if (sqlState(error) === 'PW004') throw this.#unjournallable(error, group)
        if (sqlState(error) !== 'PW003') throw error
        if (tries === TRIES) throw this.#unjournallable(error, group)
        // Alone: it locks tables one by one, and would deadlock with another index's level that writes two of them.
        await gate.exclusive(track, stop)
      }
    }
  }

  async #run(transaction: Transaction, group: GroupToWrite): Promise<WrittenGroup> {
    const { clock, gate, runHandler, batch } = this.#options
    const { blocks, end, cursor, stop, signal } = group
    const started = clock.now()
    const endsEarly = (): boolean =>
      stop.aborted || gate.contended || Math.abs(clock.now() - started) >= LONGEST_GROUP
    await this.#begin(transaction, group, cursor, end)
    if (batch) {
      if (blocks.length > 0) await runHandler(transaction, blocks, signal)
      return { blocks: blocks.length, cursor: end }
    }
    let done = 0
    let reached = end
    for (const block of blocks) {
      await runHandler(transaction, [block], signal)
      // A handler that only gives rows away does not wait for the database by itself.
      await transaction.keepUp()
      done += 1
      if (done === blocks.length || !endsEarly()) continue
      await this.#moveBack(transaction, group, block)
      reached = block
      break
    }
    return { blocks: done, cursor: reached }
  }

  /** Before all else: it takes the index's lock, and fails where another process has taken over. */
  async #begin(
    { sql }: Transaction,
    group: GroupToWrite,
    from: BlockRef | undefined,
    to: BlockRef,
  ): Promise<void> {
    const { database, fence } = this.#options
    try {
      await sql`
        select ${sql(database.ownSchema)}.begin_level(${group.indexId}, ${from?.level ?? null}, ${to.level}, ${to.hash},
          ${to.parentHash}, ${to.timestamp}, ${fence ?? null}, ${group.journal})`
    } catch (error) {
      throw this.#explain(error, group)
    }
  }

  /** The cursor was put to the group's last level when it began. Only for groups that are not journalled. */
  async #moveBack(transaction: Transaction, group: GroupToWrite, to: BlockRef): Promise<void> {
    const { sql } = transaction
    await this.#begin(transaction, group, group.end, to)
    await sql`
      delete from ${sql(this.#options.database.ownSchema)}.block
      where index_id = ${group.indexId} and level > ${to.level}`
  }

  /** Fails where the level altered tables. */
  get #endLevel(): LastStatement {
    return { text: `select ${quoteName(this.#options.database.ownSchema)}.end_level()` }
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
