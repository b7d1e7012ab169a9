import { RollbackError } from '../errors.ts'
import type { Sql } from './database.ts'
import { sendTogether } from './send-together.ts'

/** The versions that a revert undoes. */
export interface RevertRange {
  readonly index: string
  readonly indexId: number
  readonly toLevel: number
  /** The id of the lowest version that goes; all later ones of the index go with it. */
  readonly first: string
  /** Where the index stands afterwards. */
  readonly cursor: { readonly level: string | null; readonly hash: string | null }
}

interface Reach {
  readonly first: string | null
  readonly previous: string | null
  readonly previous_hash: string | null
  readonly last: string | null
  readonly gaps: number
}

/**
 * What has to go for the index to stand at or below `toLevel`; undefined: nothing. Locks the index.
 * @throws RollbackError when a level in between was not journalled.
 */
export const findRevertRange = async (
  sql: Sql,
  own: string,
  indexId: number,
  toLevel: number,
): Promise<RevertRange | undefined> => {
  // Sent together, answered in this order: what is read comes after the lock.
  const [[index], [reach]] = await sendTogether([
    lockIndex(sql, own, indexId),
    readReach(sql, own, indexId, toLevel),
  ])
  if (index === undefined) throw new RollbackError(`There is no index with id ${indexId}`)
  if (index.level === null || BigInt(index.level) <= BigInt(toLevel)) return undefined
  if (index.finalized !== null && BigInt(index.finalized) > BigInt(toLevel)) {
    throw outOfReach(
      index.name,
      toLevel,
      `level ${index.finalized} is final, and the journal is pruned up to there`,
    )
  }
  if (reach === undefined || reach.first === null || reach.last !== index.level || reach.gaps > 0) {
    throw outOfReach(index.name, toLevel, `not every level up to ${index.level} was journalled`)
  }
  if (reach.previous !== null && BigInt(reach.previous) > BigInt(toLevel)) {
    throw outOfReach(index.name, toLevel, `the journal reaches back to level ${reach.previous}`)
  }
  const cursor = { level: reach.previous, hash: reach.previous_hash }
  return { index: index.name, indexId, toLevel, first: reach.first, cursor }
}

interface LockedIndex {
  readonly name: string
  readonly level: string | null
  readonly finalized: string | null
}

const lockIndex = (sql: Sql, own: string, indexId: number) => sql<LockedIndex[]>`
  select name, level::text, finalized::text from ${sql.unsafe(own)}.index where id = ${indexId} for update`

const readReach = (sql: Sql, own: string, indexId: number, toLevel: number) => sql<Reach[]>`
  with version as (
    select id, previous, previous_hash, level, lag(level) over (order by id) as follows
    from ${sql.unsafe(own)}.version where index_id = ${indexId} and level > ${toLevel}
  )
  select min(id)::text as first, max(level)::text as last,
    (array_agg(previous order by id))[1]::text as previous,
    (array_agg(previous_hash order by id))[1] as previous_hash,
    (count(*) filter (where follows is not null and previous is distinct from follows))::int as gaps
  from version`

const outOfReach = (index: string, toLevel: number, reason: string): RollbackError =>
  new RollbackError(`Index ${index} cannot be rolled back to level ${toLevel}: ${reason}`, {
    hint: 'Nothing was reverted. Wipe and index again from the start.',
  })
