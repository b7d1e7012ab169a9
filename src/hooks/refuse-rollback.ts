import { RollbackMisuseError } from '../errors.ts'
import type { Firing, HookContext } from './context.ts'

/** `ctx.rollback` of every hook but `on_index_rollback`. */
export function refuseRollback({ hook }: Firing): HookContext['rollback'] {
  return async () => {
    throw new RollbackMisuseError(`hook "${hook}" called ctx.rollback, which only on_index_rollback may`)
  }
}
