import { randomUUID } from 'node:crypto'
import type { ActorRefFrom } from 'xstate'
import type { HookConfigs } from './config/config.ts'
import { isInTransaction } from './database/transaction-scope.ts'
import { AwaitedFirings } from './awaited-firings.ts'
import { CallbackError, StoppingError } from './errors.ts'
import { checkFireOptions, type QueueOptions } from './hooks/fire-options.ts'
import type { HookCallArgs } from './hooks/hook-call.ts'
import type { PawlLogic } from './pawl.ts'
import { runningSystemHook } from './hooks/system-hook-scope.ts'

type Args<Call> = Call extends { readonly args: infer Required }
  ? [args: Required, options?: QueueOptions]
  : Call extends { readonly args?: infer Optional }
    ? [args?: Optional, options?: QueueOptions]
    : never

/**
 * Fires a user hook and waits for its end: `FIRE_HOOK` for those who want to know the outcome. With `wait: false` it waits until
 * the firing is on the durable queue: from then on it runs, also when this process ends. It is for code outside of callbacks: they
 * have `ctx.fireHook`. In `on_restart` and `on_reindex` it is refused, and in a handler or an atomic hook so is an atomic hook that is
 * blocking: they would wait for each other's end.
 * @throws CallbackTypeError, CallbackError, UnknownHookError as the firing does; StoppingError when the root takes no more.
 *
 * @example
 * await fireHook(root, 'calculate_stats', { major: true, depth: 10 })
 * await fireHook(root, 'calculate_stats', { major: true, depth: 10 }, { wait: false, key: '2026-11-24' })
 */
export function fireHook<Hooks extends HookConfigs, Name extends keyof Hooks & string>(
  root: ActorRefFrom<PawlLogic<Hooks>>,
  hook: Name,
  ...[args, options]: Args<HookCallArgs<Hooks[Name]['args']>>
): Promise<void> {
  if (root.getSnapshot().status !== 'active') {
    return Promise.reject(new StoppingError(`hook "${hook}" was not fired: this root has ended`))
  }
  const lifecycle = runningSystemHook()
  if (lifecycle === 'on_restart' || lifecycle === 'on_reindex') {
    // What comes from outside waits until the tables are there, and these make them.
    return Promise.reject(
      new CallbackError(
        `hook "${hook}" was not fired: fireHook(root, …) in ${lifecycle} would wait for the end of ${lifecycle}, and that for it`,
        { hint: `Use ctx.fireHook of ${lifecycle}, which runs it at once.` },
      ),
    )
  }
  const id = randomUUID()
  try {
    // Not left to the root: among the fields of the command they would be taken for those.
    if (options !== undefined) checkFireOptions(`hook "${hook}"`, options, undefined)
  } catch (error) {
    return Promise.reject(error)
  }
  const until = options === undefined ? 'hook.finished' : 'hook.queued'
  const firing = AwaitedFirings.of(root as never).wait({ id, hook, until })
  const awaited = options === undefined && isInTransaction() ? { awaited: true } : {}
  root.send({
    ...options,
    ...awaited,
    type: 'FIRE_HOOK',
    hook,
    id,
    ...(args === undefined ? {} : { args }),
  } as never)
  return firing
}
