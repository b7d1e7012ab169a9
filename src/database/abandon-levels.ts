import type { BlockRef } from '../datasources/datasource.ts'
import type { Transaction } from './database.ts'
import { quoteName } from './journal-ddl.ts'
import { revertFirings, type DroppedFiring } from './revert-firings.ts'

export interface AbandonOptions {
  readonly ownSchema: string
  readonly indexId: number
  /** The first level whose rows are of a block that left the chain, as far as is known. */
  readonly fromLevel: number
  /** Where the index stands from now on; undefined: before its first level. */
  readonly cursor: BlockRef | undefined
  readonly fence: bigint | undefined
}

/**
 * Gives levels up that cannot be undone: their rows stay, the cursor moves, and it is remembered that these rows are orphans.
 * Firings of theirs that still wait are dropped.
 */
export async function abandonLevels(
  { sql }: Transaction,
  { ownSchema, indexId, fromLevel, cursor, fence }: AbandonOptions,
): Promise<readonly DroppedFiring[]> {
  const own = quoteName(ownSchema)
  const table = sql(ownSchema)
  if (fence !== undefined) await sql`select ${sql.unsafe(own)}.check_fence(${String(fence)}::text::bigint)`
  const [index] = await sql<{ level: bigint | null }[]>`
    select level from ${table}.index where id = ${indexId} for update`
  const last = Number(index?.level ?? fromLevel)
  const dropped = await revertFirings(sql, own, { indexId, toLevel: fromLevel - 1 })
  await sql`select ${sql.unsafe(own)}.prune(${indexId}, ${last})`
  await sql`delete from ${table}.block where index_id = ${indexId}`
  if (cursor !== undefined) {
    const { level, hash, parentHash, timestamp } = cursor
    await sql`
      insert into ${table}.block (index_id, level, hash, parent_hash, timestamp)
      values (${indexId}, ${level}, ${hash}, ${parentHash}, ${timestamp})`
  }
  await sql`
    update ${table}.index set level = ${cursor?.level ?? null}, hash = ${cursor?.hash ?? null},
      finalized = ${cursor?.level ?? null}, orphaned_from = least(orphaned_from, ${fromLevel}::int8),
      orphaned_to = greatest(orphaned_to, ${last}::int8)
    where id = ${indexId}`
  return dropped
}
