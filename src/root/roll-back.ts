import type { DroppedFiring } from '../database/revert-firings.ts'
import { revertLevels } from '../database/revert-levels.ts'
import { RollbackError, RollbackMisuseError } from '../errors.ts'
import { abandon, refAtOrBelow, tellDropped } from './abandon.ts'
import { actionOf } from './modifications.ts'
import type { Runtime } from './runtime.ts'

/**
 * Undoes the database writes of an index's levels above `toLevel` and moves its cursor there, in one transaction.
 * @throws RollbackError with nothing reverted.
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
  let dropped: readonly DroppedFiring[] = []
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
    const onDropped = (firings: readonly DroppedFiring[]): void => void (dropped = firings)
    const tables = await database.transaction((transaction) =>
      revertLevels(transaction, { ownSchema, indexId, toLevel, fence, onDropped }),
    )
    await follower.reload()
    tellDropped(runtime, dropped)
    root.emit({
      type: 'index.rolledBack',
      index,
      fromLevel,
      toLevel,
      tables,
      duration: clock.now() - started,
    })
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
