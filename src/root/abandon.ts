import { abandonLevels } from '../database/abandon-levels.ts'
import type { Database } from '../database/database.ts'
import type { DroppedFiring } from '../database/revert-firings.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import type { FiringOrigin } from '../hooks/context.ts'
import { decodeArguments } from '../hooks/encode-arguments.ts'
import type { Runtime } from './runtime.ts'

export interface Abandoned {
  readonly index: string
  readonly indexId: number
  /** The levels whose rows stay as orphans. */
  readonly fromLevel: number
  readonly toLevel: number
  /** Where the index stands from now on. */
  readonly cursor: BlockRef | undefined
  readonly because: unknown
}

/** Goes on over levels that cannot be undone, as `reindex: { rollback: 'ignore' }` asks for, and says so. */
export async function abandon(
  runtime: Pick<Runtime, 'database' | 'leases' | 'logger' | 'root'>,
  { index, indexId, fromLevel, toLevel, cursor, because }: Abandoned,
): Promise<void> {
  const { database, leases, logger, root } = runtime
  const { ownSchema } = database
  const dropped = await database.transaction((transaction) =>
    abandonLevels(transaction, { ownSchema, indexId, fromLevel, cursor, fence: leases.fence(index) }),
  )
  tellDropped(runtime, dropped)
  logger.warn(
    `index "${index}": rows of levels ${fromLevel} to ${toLevel} are of blocks that left the chain, and stay`,
    {
      index,
      error: because,
    },
  )
  root.emit({ type: 'index.orphaned', index, fromLevel, toLevel })
}

export function tellDropped({ root }: Pick<Runtime, 'root'>, dropped: readonly DroppedFiring[]): void {
  for (const { id, hook, origin } of dropped) {
    const from = decodeArguments(origin) as unknown as FiringOrigin
    root.emit({ type: 'hook.dropped', firing: id, hook, origin: from })
  }
}

/** The block that the index had there. */
export async function refAtOrBelow(
  { sql, ownSchema }: Database,
  indexId: number,
  level: number,
): Promise<BlockRef | undefined> {
  const [row] = await sql<{ level: bigint; hash: string; parent_hash: string; timestamp: bigint }[]>`
    select level, hash, parent_hash, timestamp from ${sql(ownSchema)}.block
    where index_id = ${indexId} and level <= ${level} order by level desc limit 1`
  if (row === undefined) return undefined
  const { hash, parent_hash: parentHash } = row
  return { level: Number(row.level), hash, parentHash, timestamp: Number(row.timestamp) }
}
