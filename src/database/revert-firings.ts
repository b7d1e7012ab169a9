import type { Sql } from './database.ts'
import { sendTogether } from './send-together.ts'

/** A firing that waited, and will not run. */
export interface DroppedFiring {
  readonly id: string
  readonly hook: string
  readonly origin: unknown
}

/**
 * What a reorg means for the firings of the levels that it takes off. Those that wait are dropped. Of those that ran,
 * reversible ones are queued for their compensation, which gives their keys free: the new chain may fire them again. So are
 * those that began outside a transaction and failed: a request whose answer was lost has had its effect. Of those that run now
 * it is noted, and decided when they end.
 */
export async function revertFirings(
  sql: Sql,
  own: string,
  { indexId, toLevel }: { readonly indexId: number; readonly toLevel: number | bigint | string | null },
): Promise<readonly DroppedFiring[]> {
  const table = sql.unsafe(`${own}.firing`)
  const gone = sql`index_id = ${indexId} and level > coalesce(${toLevel === null ? null : String(toLevel)}::text::bigint, -1)`
  const toUndo = sql`reversible and (state = 'done' or begun and state <> 'running')`
  // Waits for atomic ones that run: after their COMMIT they are done, and this sees it.
  const dropped = sql<DroppedFiring[]>`
    delete from ${table}
    where ${gone} and not reverting and state in ('queued', 'dead') and not (begun and reversible)
    returning id, hook, origin`
  const kept = sql`
    update ${table} set level = null, index_id = null, orphaned = state = 'running',
      state = case when ${toUndo} then 'queued' else state end,
      reverting = reverting or ${toUndo},
      key = case when ${toUndo} then null else key end,
      attempts = case when ${toUndo} then 0 else attempts end,
      -- Not when its next try would have been.
      due_at = case when ${toUndo} then 'epoch' else due_at end
    where ${gone}`
  // Sent together, in this order.
  const [firings] = await sendTogether([dropped, kept])
  return firings
}
