import type { Transaction } from '../database/database.ts'
import type { IndexLeases } from './index-leases.ts'
import { ALL_INDEXES } from './index-leases.ts'

/**
 * Takes the leases of single indexes from all other processes: what they write is gone with the wipe, and what they would write next
 * does not fit what is made then. They end, and whoever starts them again has them begin anew.
 */
export async function expelOthers(
  { sql }: Transaction,
  { ownSchema, but }: { readonly ownSchema: string; readonly but: IndexLeases },
): Promise<void> {
  for (const table of ['fence', 'lease']) {
    await sql`
      delete from ${sql(ownSchema)}.${sql(table)}
      where starts_with(name, ${`${ALL_INDEXES}:`}) and name <> all (${but.names as string[]}::text[])`
  }
}
