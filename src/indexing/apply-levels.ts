import type { Database, Transaction } from '../database/database.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import { LeaseLostError, PawlError } from '../errors.ts'
import type { LevelGate } from './level-gate.ts'

export interface LevelWriter {
  readonly index: string
  readonly database: Database
  readonly fence: bigint | undefined
  readonly gate: LevelGate
  readonly runHandler: (transaction: Transaction, block: BlockRef, signal: AbortSignal) => Promise<void>
  /** Brings the journal up to date with the tables. */
  readonly track: () => Promise<void>
}

export interface Levels {
  readonly indexId: number
  /** The level that these follow; undefined: the index's first. */
  readonly previous: number | undefined
  readonly blocks: readonly BlockRef[]
  /** Where the cursor stands after them: the last block, or a later one without data. */
  readonly end: BlockRef
  /** false: no reorg can take them off any more. */
  readonly journalled: boolean
}

/**
 * Runs the handler for these blocks in one transaction with the move of the cursor: both are committed, or neither.
 * @throws LeaseLostError when another process works on this schema; what the handler throws
 */
export async function applyLevels(writer: LevelWriter, levels: Levels, signal: AbortSignal): Promise<void> {
  try {
    await writer.gate.level(() => applyOnce(writer, levels, signal))
  } catch (error) {
    switch (sqlState(error)) {
      case 'PW001':
        throw new LeaseLostError(
          `index "${writer.index}": another process took the lease of this schema over; this one may no longer write`,
          { cause: error },
        )
      case 'PW002':
        throw new LeaseLostError(
          `index "${writer.index}": another process moved this index on from level ${levels.previous ?? '(none)'}`,
          { cause: error },
        )
      case 'PW003':
        // A table is new, or altered: nothing of it was written by a level yet.
        await writer.track()
        return writer.gate.level(() => applyOnce(writer, levels, signal))
      default:
        throw error
    }
  }
}

function applyOnce(writer: LevelWriter, levels: Levels, signal: AbortSignal): Promise<void> {
  const { database, fence, runHandler } = writer
  const { indexId, previous, blocks, end, journalled } = levels
  return database.transaction(
    async (transaction) => {
      const { sql } = transaction
      const own = sql(database.ownSchema)
      await sql`
        select ${own}.begin_level(${indexId}, ${previous ?? null}, ${end.level}, ${end.hash}, ${end.parentHash},
          ${end.timestamp}, ${fence ?? null}, ${journalled})`
      for (const block of blocks) await runHandler(transaction, block, signal)
      if (journalled) await sql`select ${own}.end_level()`
    },
    { signal },
  )
}

/** The SQLSTATE of a database error that is not a user's: those are wrapped. */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof PawlError) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
