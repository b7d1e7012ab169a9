import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'

export interface PruneOptions {
  readonly ownSchema: string
  readonly indexId: number
  /** The highest level that no reorg can take off. */
  readonly finalized: number
}

/**
 * Forgets how to undo the levels at or below `finalized`, in one statement; the ref of `finalized` itself stays. Waits for a
 * running level of the same index. From then on a rollback below `finalized` is a RollbackError.
 */
export const pruneJournal = async (sql: Sql, options: PruneOptions): Promise<void> => {
  await sql`select ${sql.unsafe(quoteName(options.ownSchema))}.prune(${options.indexId}, ${options.finalized})`
}
