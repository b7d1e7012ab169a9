import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'

export interface PruneOptions {
  readonly ownSchema: string
  readonly indexId: number
  /** The highest level that no reorg can take off. */
  readonly finalized: number
}

/**
 * Forgets how to undo the levels at or below `finalized`; the ref of `finalized` itself stays. Waits for a
 * running level of the same index. From then on a rollback below `finalized` is a RollbackError.
 */
export const pruneJournal = async (sql: Sql, options: PruneOptions): Promise<void> => {
  const own = quoteName(options.ownSchema)
  await sql`select ${sql.unsafe(own)}.prune(${options.indexId}, ${options.finalized})`
  // They were kept for a reorg that cannot come any more.
  await sql`delete from ${sql.unsafe(own)}.firing
    where index_id = ${options.indexId} and level <= ${options.finalized} and state = 'done' and key is null`
}
