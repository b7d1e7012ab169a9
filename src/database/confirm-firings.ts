import type { Sql } from './database.ts'

export interface ConfirmOptions {
  readonly ownSchema: string
  readonly indexId: number
  /** The chain's highest level. */
  readonly head: number
}

export interface Confirmed {
  /** Firings that have their confirmations by this. */
  readonly confirmed: number
  /** Others wait for theirs. */
  readonly waiting: boolean
}

/**
 * For an index that stands at its last level. Firings wait until its cursor is so many levels above theirs, which it will not be any
 * more: what is as deep below the head waits for no more levels than the cursor has gone.
 */
export async function confirmFirings(
  sql: Sql,
  { ownSchema, indexId, head }: ConfirmOptions,
): Promise<Confirmed> {
  const own = sql(ownSchema)
  // Who runs firings locks none of these: none may run yet.
  const [row] = await sql<[Confirmed]>`
    with confirmed as (
      update ${own}.firing f set confirmations = i.level - f.level
      from ${own}.index i
      where i.id = ${indexId} and f.index_id = i.id and f.state = 'queued'
        and f.level + f.confirmations > i.level and f.level + f.confirmations <= ${head}
      returning f.id)
    select (select count(*)::int from confirmed) as confirmed,
      exists (
        select from ${own}.firing f
        where f.index_id = ${indexId} and f.state = 'queued' and f.level + f.confirmations > ${head}) as waiting`
  return row
}
