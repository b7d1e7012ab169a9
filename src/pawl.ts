import type { ActorLogic, ActorSystem, Snapshot, StateValue } from 'xstate'
import { rootMachine, type RootLine } from '../machines/root.machine.ts'
import { checkConfig } from './config/check-config.ts'
import type { Config, HookConfigs, IndexConfigs, JobConfigs } from './config/config.ts'
import type { LifecycleState, PawlEvent } from './events.ts'
import type { HookCall } from './hooks/hook-call.ts'
import { hooksLogic, refuseFiring } from './root/hooks-logic.ts'
import { indexerLogic } from './root/indexer-logic.ts'
import { closeRuntime, openRuntime, type Runtime } from './root/runtime.ts'
import { schedulerPart } from './root/scheduler-part.ts'
import { silentLogger } from './logger.ts'
import { work } from './work.ts'

const DRAIN_TIMEOUT = 4_000

/** What users send to the root. */
export type PawlCommand<Hooks extends HookConfigs = HookConfigs> =
  /** Fire a user hook; `id` comes back in the firing's events. */
  | ({ readonly type: 'FIRE_HOOK'; readonly id?: string } & HookCall<Hooks>)
  /** Wipe what was indexed (immune tables stay), and start again. */
  | { readonly type: 'REINDEX' }
  /** Take no more work, finish what runs within `drainTimeout`, release the lease, end. */
  | { readonly type: 'STOP' }

/** The root's snapshot, as far as users should read it. */
export type PawlSnapshot = Snapshot<undefined> & {
  readonly value: StateValue
  readonly context: { readonly state: LifecycleState }
}

/** The root's logic, seen from outside. */
export type PawlLogic<
  Hooks extends HookConfigs = HookConfigs,
  JobName extends string = string,
  IndexName extends string = string,
> = ActorLogic<
  PawlSnapshot,
  PawlCommand<Hooks>,
  undefined,
  // The actor system is whatever root the logic runs under.
  // oxlint-disable-next-line typescript/no-explicit-any
  ActorSystem<any>,
  PawlEvent<keyof Hooks & string, JobName, IndexName>
>

/**
 * The root's logic from a config. It can be started by itself, or invoked or spawned inside a machine of the user's.
 *
 * Stopping: send `STOP`, and the root is done when everything has ended. A failure is the actor's own error: give it an
 * error observer (`root.subscribe({ error })`), else XState throws it as an uncaught exception.
 *
 * @throws ConfigurationError at once, with all that is wrong with the config.
 *
 * @example
 * const root = createActor(pawl(config))
 * root.on('hook.failed', ({ hook, error }) => console.error(hook, error))
 * root.subscribe({ error: (error) => console.error(error) })
 * root.start()
 * root.send({ type: 'FIRE_HOOK', hook: 'calculate_stats', args: { major: true, depth: 10 } })
 */
export function pawl<Indexes extends IndexConfigs, Hooks extends HookConfigs, Jobs extends JobConfigs<Hooks>>(
  config: Config<Indexes, Hooks, Jobs>,
): PawlLogic<Hooks, keyof Jobs & string, keyof Indexes & string> {
  const { config: checked, warnings } = checkConfig(config)
  const logger = checked.logger ?? silentLogger
  for (const { path, message } of warnings) logger.warn(`${path}: ${message}`)

  const logic = rootMachine.provide({
    actors: {
      open: work<{ readonly root: RootLine }, unknown>(({ root }, signals) =>
        openRuntime(checked, root, signals),
      ),
      close: work(({ runtime }) => closeRuntime(runtime as Runtime)),
      indexer: indexerLogic,
      hooks: hooksLogic,
      scheduler: schedulerPart,
      fail: work(({ error }) => Promise.reject(error)),
    },
    actions: {
      refuse: ({ self }, { firings }) => {
        const root = { emit: (event: PawlEvent) => self.send({ type: 'EMIT', event }), fatal: () => {} }
        for (const firing of firings) refuseFiring(root, firing)
      },
    },
  })
  const initial = logic.getInitialSnapshot.bind(logic)
  // The root takes no input from users: what the chart needs comes from the config.
  const input = { drainTimeout: checked.drainTimeout ?? DRAIN_TIMEOUT }
  return Object.assign(Object.create(logic), {
    getInitialSnapshot: (scope: Parameters<typeof initial>[0]) => initial(scope, input),
  }) as unknown as PawlLogic<Hooks, keyof Jobs & string, keyof Indexes & string>
}
