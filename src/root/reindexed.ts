import type { Database, Transaction } from '../database/database.ts'
import type { ReindexReason } from '../events.ts'

/** Was `on_reindex` run to its end on this database? */
export async function isReindexed({ sql, ownSchema }: Database): Promise<boolean> {
  const rows = await sql`select from ${sql(ownSchema)}.lifecycle where key = 'reindexed'`
  return rows.length > 0
}

/** Notes, in the transaction that `on_reindex` ran in, that it did. */
export async function rememberReindexed(
  { sql }: Transaction,
  ownSchema: string,
  reason: ReindexReason,
): Promise<void> {
  await sql`
    insert into ${sql(ownSchema)}.lifecycle (key, value, at) values ('reindexed', ${sql.json({ reason })}, now())
    on conflict (key) do update set value = excluded.value, at = excluded.at`
}
