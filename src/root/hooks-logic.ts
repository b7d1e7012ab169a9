import { randomUUID } from 'node:crypto'
import { hooksMachine, type FireHook, type HooksCommand } from '../../machines/hooks.machine.ts'
import type { Work } from '../../machines/slot.ts'
import { actorPool } from '../actor-pool.ts'
import { CallbackError, StoppingError } from '../errors.ts'
import type { PawlEvent } from '../events.ts'
import type { QueueOptions } from '../hooks/fire-options.ts'
import { work } from '../work.ts'
import type { Runtime } from './runtime.ts'
import { sameRuns } from './track-firing.ts'

/** The hooks' chart with its slots filled. */
export const hooksLogic = hooksMachine.provide({
  actors: {
    pool: firingPool() as never,
    drainFirings: work(async ({ runtime }) => (runtime as Runtime).firings?.drained()),
  },
  actions: {
    openQueue: (_, { runtime }) => openQueue(runtime as Runtime),
    closeQueue: (_, { runtime }) => (runtime as Runtime).queue.stop(),
    fire: (_, { runtime, firings }) => {
      for (const firing of firings) void fire(runtime as Runtime, firing)
    },
    refuse: (_, { runtime, firings }) => {
      for (const firing of firings) (runtime as Runtime).root.emit(refusal(firing))
    },
  },
}) as unknown as Work<{ readonly runtime: unknown }, void, HooksCommand>

/** Without its queue Pawl would keep firings back in silence: where it cannot be opened, the root fails. */
function openQueue({ queue, root, roles }: Runtime): void {
  // Then they wait for a worker.
  if (!roles.has('worker')) return
  queue.start().catch((error: unknown) => root.fatal(error))
}

/** Tells that a firing was not taken. */
export function refusal(firing: FireHook): PawlEvent {
  return notFired(firing, new StoppingError(`hook "${firing.hook}" was not fired: Pawl is stopping`))
}

function notFired({ hook, id = randomUUID() }: FireHook, error: unknown): PawlEvent {
  return { type: 'hook.failed', firing: id, hook, origin: { type: 'outside' }, duration: 0, error }
}

/** The outcome is told by the firing's events; nobody waits here. */
async function fire(runtime: Runtime, firing: FireHook): Promise<void> {
  const { hooks, root } = runtime
  const { type: _, hook, args, id, awaited = false, ...options } = firing
  const origin = { type: 'outside' } as const
  const request = {
    hook,
    origin,
    ...(args === undefined ? {} : { args }),
    ...(id === undefined ? {} : { id }),
  }
  if (Object.keys(options).length === 0) {
    // Before it is told that it has started.
    const refused =
      (awaited ? neverEnds(runtime, hook) : undefined) ??
      (id === undefined ? undefined : sameRuns(runtime, { hook, id }))
    if (refused !== undefined) return root.emit(notFired(firing, refused))
    return hooks.fire({ ...request, awaited }).catch(() => {})
  }
  // Without `wait: false` the others mean nothing, and are refused; and so is what is no option.
  await hooks
    .queue({ ...request, options: options as QueueOptions })
    .catch((error: unknown) => root.emit(notFired(firing, error)))
}

/** Of a firing that a transaction waits for: it would wait for the level that the transaction is of, or for the gate of its hook. */
function neverEnds({ config }: Runtime, hook: string): CallbackError | undefined {
  const fired = Object.hasOwn(config.hooks ?? {}, hook) ? config.hooks?.[hook] : undefined
  if (fired?.atomic !== true || !fired.blocking) return undefined
  return new CallbackError(
    `hook "${hook}" was not fired: fireHook(root, …) in a handler or an atomic hook would wait for it, and it for them`,
    {
      hint: 'Use ctx.fireHook, by which it is part of their transaction, or { wait: false }, by which it runs after them.',
    },
  )
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
