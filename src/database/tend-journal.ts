import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'

/**
 * Keeps reverts and prunes quick where the journal has grown large, for nothing becomes final: what has been journalled since the last
 * call is read, and found by its level from then on. Does little else, and waits for no level; a level does not wait for it but where a
 * table's journal reaches 4 MB, for some milliseconds.
 */
export const tendJournal = async (sql: Sql, ownSchema: string): Promise<void> => {
  const own = sql.unsafe(quoteName(ownSchema))
  const tables = await sql<{ id: number }[]>`select id from ${own}.tracked where kind = 'table'`
  // A transaction each: two locks at a time could meet a level that has them the other way around.
  for (const { id } of tables) await sql`select ${own}.tend_shadow(${id})`
}
