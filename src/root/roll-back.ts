import type { DroppedFiring } from '../database/revert-firings.ts'
import { revertLevels } from '../database/revert-levels.ts'
import { RollbackError, RollbackMisuseError } from '../errors.ts'
import type { RevertedTable } from '../events.ts'
import type { Follower } from '../indexing/follower.ts'
import { abandon, refAtOrBelow, tellDropped } from './abandon.ts'
import { actionOf } from './modifications.ts'
import type { Runtime } from './runtime.ts'

interface Reverted {
  readonly tables: readonly RevertedTable[]
  readonly dropped: readonly DroppedFiring[]
}

/** What was reverted, and is not known to be committed: a COMMIT whose answer was lost may have been. The next try finds out. */
const untold = new WeakMap<Follower, Reverted>()

/**
 * Undoes the database writes of an index's levels above `toLevel` and moves its cursor there, in one transaction. May be called again
 * for the same levels, whatever came of the call before: what is undone already is told once.
 * @throws RollbackError with nothing reverted; what may pass, as `mayPass` says.
 */
export async function rollBack(
  runtime: Runtime,
  {
    index,
    fromLevel,
    toLevel,
  }: { readonly index: string; readonly fromLevel: number; readonly toLevel: number },
): Promise<void> {
  const { config, database, indexes, leases, root, clock, queue } = runtime
  const follower = indexes.follower(index)
  if (follower === undefined) throw new RollbackMisuseError(`there is no index "${index}" to roll back`)
  if (fromLevel <= toLevel) {
    throw new RollbackMisuseError(
      `index "${index}" cannot be rolled back from level ${fromLevel} to ${toLevel}: a rollback goes to a lower level`,
    )
  }
  const started = clock.now()
  const { ownSchema } = database
  const indexId = follower.id
  try {
    const fence = leases.fence(index)
    await database.transaction(async (transaction) => {
      let dropped: readonly DroppedFiring[] | undefined
      const onDropped = (firings: readonly DroppedFiring[]): void => void (dropped = firings)
      const tables = await revertLevels(transaction, { ownSchema, indexId, toLevel, fence, onDropped })
      if (dropped !== undefined) untold.set(follower, { tables, dropped })
    })
    await follower.reload()
    const reverted = untold.get(follower)
    if (reverted !== undefined) {
      untold.delete(follower)
      tellDropped(runtime, reverted.dropped)
      const duration = clock.now() - started
      root.emit({ type: 'index.rolledBack', index, fromLevel, toLevel, tables: reverted.tables, duration })
    }
  } catch (error) {
    if (!(error instanceof RollbackError) || actionOf(config, 'rollback') !== 'ignore') throw error
    const cursor = await refAtOrBelow(database, indexId, toLevel)
    await abandon(runtime, {
      index,
      indexId,
      fromLevel: toLevel + 1,
      toLevel: fromLevel,
      cursor,
      because: error,
    })
    await follower.reload()
  }
  // What has run may have to be undone.
  queue.look()
}
