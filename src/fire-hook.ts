import { randomUUID } from 'node:crypto'
import type { ActorRefFrom } from 'xstate'
import type { HookConfigs } from './config/config.ts'
import { StoppingError } from './errors.ts'
import type { HookCallArgs } from './hooks/hook-call.ts'
import type { PawlLogic } from './pawl.ts'

type Args<Call> = Call extends { readonly args: infer Required }
  ? [args: Required]
  : Call extends { readonly args?: infer Optional }
    ? [args?: Optional]
    : never

/**
 * Fires a user hook and waits for its end: `FIRE_HOOK` for those who want to know the outcome.
 * @throws CallbackTypeError, CallbackError, UnknownHookError as the firing does; StoppingError when the root takes no more.
 *
 * @example
 * await fireHook(root, 'calculate_stats', { major: true, depth: 10 })
 */
export function fireHook<Hooks extends HookConfigs, Name extends keyof Hooks & string>(
  root: ActorRefFrom<PawlLogic<Hooks>>,
  hook: Name,
  ...[args]: Args<HookCallArgs<Hooks[Name]['args']>>
): Promise<void> {
  if (root.getSnapshot().status !== 'active') {
    return Promise.reject(new StoppingError(`hook "${hook}" was not fired: this root has ended`))
  }
  const id = randomUUID()
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      for (const subscription of subscriptions) subscription.unsubscribe()
      outcome()
    }
    const ended = (): void =>
      settle(() => reject(new StoppingError(`hook "${hook}" did not end: the root ended before it`)))
    const subscriptions = [
      root.on('hook.finished', ({ firing }) => {
        if (firing === id) settle(resolve)
      }),
      root.on('hook.failed', ({ firing, error }) => {
        if (firing === id) settle(() => reject(error))
      }),
      root.subscribe({ complete: ended, error: ended }),
    ]
    root.send({ type: 'FIRE_HOOK', hook, id, ...(args === undefined ? {} : { args }) } as never)
  })
}
