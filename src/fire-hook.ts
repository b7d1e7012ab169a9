import { randomUUID } from 'node:crypto'
import type { ActorRefFrom } from 'xstate'
import type { HookConfigs } from './config/config.ts'
import { isInTransaction } from './database/transaction-scope.ts'
import { StoppingError } from './errors.ts'
import { checkFireOptions, type QueueOptions } from './hooks/fire-options.ts'
import type { HookCallArgs } from './hooks/hook-call.ts'
import type { PawlLogic } from './pawl.ts'

type Args<Call> = Call extends { readonly args: infer Required }
  ? [args: Required, options?: QueueOptions]
  : Call extends { readonly args?: infer Optional }
    ? [args?: Optional, options?: QueueOptions]
    : never

/**
 * Fires a user hook and waits for its end: `FIRE_HOOK` for those who want to know the outcome. With `wait: false` it waits until
 * the firing is on the durable queue: from then on it runs, also when this process ends. It is for code outside of callbacks: they
 * have `ctx.fireHook`. In a handler or an atomic hook an atomic hook that is blocking is refused: it would wait for that to end.
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
  const id = randomUUID()
  return new Promise((resolve, reject) => {
    // Not left to the root: among the fields of the command they would be taken for those.
    if (options !== undefined) checkFireOptions(`hook "${hook}"`, options, undefined)
    const settle = (outcome: () => void): void => {
      for (const subscription of subscriptions) subscription.unsubscribe()
      outcome()
    }
    const ended = (): void =>
      settle(() => reject(new StoppingError(`hook "${hook}" did not end: the root ended before it`)))
    const subscriptions = [
      root.on(options === undefined ? 'hook.finished' : 'hook.queued', ({ firing }) => {
        if (firing === id) settle(resolve)
      }),
      root.on('hook.failed', ({ firing, error }) => {
        if (firing === id) settle(() => reject(error))
      }),
      root.subscribe({ complete: ended, error: ended }),
    ]
    const awaited = options === undefined && isInTransaction() ? { awaited: true } : {}
    root.send({
      ...options,
      ...awaited,
      type: 'FIRE_HOOK',
      hook,
      id,
      ...(args === undefined ? {} : { args }),
    } as never)
  })
}
