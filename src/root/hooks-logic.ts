import { hooksMachine, type FireHook, type HooksCommand } from '../../machines/hooks.machine.ts'
import type { Work } from '../../machines/slot.ts'
import { actorPool } from '../actor-pool.ts'
import { StoppingError } from '../errors.ts'
import { work } from '../work.ts'
import type { RootLine } from '../../machines/root.machine.ts'
import type { Runtime } from './runtime.ts'

/** The hooks' chart with its slots filled. */
export const hooksLogic = hooksMachine.provide({
  actors: {
    pool: firingPool() as never,
    drainFirings: work(async ({ runtime }) => (runtime as Runtime).firings?.drained()),
  },
  actions: {
    fire: (_, { runtime, firings }) => {
      for (const firing of firings) void fire(runtime as Runtime, firing)
    },
    refuse: (_, { runtime, firings }) => {
      for (const firing of firings) refuseFiring((runtime as Runtime).root, firing)
    },
  },
}) as unknown as Work<{ readonly runtime: unknown }, void, HooksCommand>

/** Tells that a firing was not taken. */
export function refuseFiring(root: RootLine, { hook, id }: FireHook): void {
  root.emit({
    type: 'hook.failed',
    firing: id ?? '',
    hook,
    origin: { type: 'outside' },
    duration: 0,
    error: new StoppingError(`hook "${hook}" was not fired: Pawl is stopping`),
  })
}

/** The outcome is told by the firing's events; nobody waits here. */
async function fire({ hooks }: Runtime, { hook, args, id }: FireHook): Promise<void> {
  await hooks
    .fire({
      hook,
      origin: { type: 'outside' },
      ...(args === undefined ? {} : { args }),
      ...(id === undefined ? {} : { id }),
    })
    .catch(() => {})
}

/** A pool that makes itself known to the runtime, so that firings from anywhere become its children. */
function firingPool() {
  const logic = actorPool()
  return {
    ...logic,
    getInitialSnapshot: (
      scope: Parameters<typeof logic.getInitialSnapshot>[0],
      { runtime }: { readonly runtime: unknown },
    ) => {
      const snapshot = logic.getInitialSnapshot(scope, undefined)
      ;(runtime as Runtime).firings = snapshot.pool
      return snapshot
    },
  }
}
