import { revertLevels } from '../database/revert-levels.ts'
import { RollbackError } from '../errors.ts'
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
  const { database, followers, lease, root, clock } = runtime
  const follower = followers.get(index)
  if (follower === undefined) throw new RollbackError(`there is no index "${index}" to roll back`)
  if (fromLevel <= toLevel) {
    throw new RollbackError(
      `index "${index}" cannot be rolled back from level ${fromLevel} to ${toLevel}: a rollback goes to a lower level`,
    )
  }
  const started = clock.now()
  const tables = await database.transaction((transaction) =>
    revertLevels(transaction, {
      ownSchema: database.ownSchema,
      indexId: follower.id,
      toLevel,
      fence: lease.fence,
    }),
  )
  await follower.reload()
  root.emit({
    type: 'index.rolledBack',
    index,
    fromLevel,
    toLevel,
    tables,
    duration: clock.now() - started,
  })
}
