import { enqueueActions, type ActorLogic, type ActorSystem, type Snapshot, type StateValue } from 'xstate'
import { rootMachine, type KeptCommand, type RootLine } from '../machines/root.machine.ts'
import { checkConfig } from './config/check-config.ts'
import type { Config, HookConfigs, IndexConfigs, JobConfig, JobConfigs } from './config/config.ts'
import { StoppingError } from './errors.ts'
import type { LifecycleState, PawlEvent } from './events.ts'
import type { QueueOptions } from './hooks/fire-options.ts'
import type { HookCall } from './hooks/hook-call.ts'
import type { JobCommand } from './jobs/job-command.ts'
import type { IndexChange, ReindexCommand } from './lifecycle-command.ts'
import { changeIndex, indexRefusal } from './root/change-index.ts'
import { commandProblem, tellWrong } from './root/check-command.ts'
import { guardActor } from './guard-actor.ts'
import { faultReporter, guardLogger } from './guard-logger.ts'
import { hooksLogic, refusal } from './root/hooks-logic.ts'
import { indexerLogic } from './root/indexer-logic.ts'
import { closeRuntime, openRuntime, type Runtime } from './root/runtime.ts'
import { jobRefusal, schedulerPart } from './root/scheduler-part.ts'
import { watcherLogic } from './root/watcher-logic.ts'
import { rolesOf } from './roles.ts'
import { describeIssue } from './text/describe-issue.ts'
import { work, type WorkSignals } from './work.ts'

const DRAIN_TIMEOUT = 4_000

/** What users send to the root. */
export type PawlCommand<Hooks extends HookConfigs = HookConfigs> =
  /**
   * Fire a user hook; `id` comes back in the firing's events, and is refused while a firing of the hook with the same id runs. With `wait: false` it is a durable firing, as `ctx.fireHook` makes
   * them: told by `hook.queued` first.
   */
  | ({ readonly type: 'FIRE_HOOK'; readonly id?: string } & HookCall<Hooks> &
      (QueueOptions | { readonly wait?: never; readonly key?: never }))
  /** Change jobs while they run; what is refused is told by `job.refused`. */
  | JobCommand<JobConfig<Hooks>>
  | IndexChange
  | ReindexCommand
  /** End the indexes at a level boundary, and begin again with `on_restart`. */
  | { readonly type: 'RESTART' }
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
  const logger = guardLogger(checked.logger)
  for (const warning of warnings) logger.warn(describeIssue(warning))

  const logic = rootMachine.provide({
    actors: {
      open: work<{ readonly root: RootLine }, unknown>(({ root }, signals) => open(checked, root, signals)),
      close: work(({ runtime }) => closeRuntime(runtime as Runtime)),
      indexer: rolesOf(checked).has('indexer') ? indexerLogic : watcherLogic,
      hooks: hooksLogic,
      scheduler: schedulerPart,
      fail: work(({ error }) => Promise.reject(error)),
    },
    actions: {
      // Emitted by the action itself: a root that is done takes no event that it sends to itself.
      refuse: enqueueActions(({ enqueue }, { commands }) => {
        for (const command of commands) {
          enqueue.emit(refusalOf(command))
        }
      }),
      changeIndexes: (_, { runtime, changes }) => {
        for (const change of changes) void changeIndex(runtime as Runtime, change)
      },
    },
  })
  // The root takes no input from users: what the chart needs comes from the config.
  const input = {
    drainTimeout: checked.drainTimeout ?? DRAIN_TIMEOUT,
    // Where several processes share them, it is told which are its own.
    indexes: checked.follow === undefined ? Object.keys(checked.indexes ?? {}) : [],
  }
  const report = faultReporter(checked.logger)
  type Machine = typeof logic
  const overrides: Pick<Machine, 'getInitialSnapshot' | 'transition'> = {
    getInitialSnapshot: (scope) => {
      guardActor(scope.self, report)
      return logic.getInitialSnapshot(scope, input)
    },
    transition: (snapshot, event, scope) => {
      // As the chart does it, without a step of it: 10 µs each, and every firing tells of its start and its end.
      if (event.type === 'EMIT') {
        scope.emit(event.event)
        return snapshot
      }
      // From JavaScript it may be anything; from the chart's own actors it is what it should be.
      const problem = commandProblem(event, logic.events)
      if (problem !== undefined) {
        const refused = tellWrong(event, problem)
        if (refused === undefined) report('the root was sent what it does not take', problem)
        else scope.emit(refused)
        return snapshot
      }
      const next = logic.transition(snapshot, event, scope)
      // Stopped from outside, without STOP: nothing was drained, but nothing of ours may stay open.
      if (next.status === 'stopped' && snapshot.matches('running')) {
        closeRuntime(snapshot.context.runtime as Runtime).catch((error: unknown) =>
          report('a root that was stopped could not be closed', error),
        )
      }
      return next
    },
  }
  return Object.assign(Object.create(logic), overrides) as unknown as PawlLogic<
    Hooks,
    keyof Jobs & string,
    keyof Indexes & string
  >
}

function refusalOf(command: KeptCommand): PawlEvent {
  switch (command.type) {
    case 'FIRE_HOOK':
      return refusal(command)
    case 'ADD_INDEX':
    case 'REMOVE_INDEX':
      return indexRefusal(
        command,
        new StoppingError(`${command.type} of index "${command.index}" was not done: Pawl is stopping`),
      )
    default:
      return jobRefusal(command)
  }
}

/** A runtime for which nobody waits any more is closed at once. */
async function open(config: Config, root: RootLine, signals: WorkSignals): Promise<Runtime | undefined> {
  const runtime = await openRuntime(config, root, signals)
  if (runtime === undefined || !signals.signal.aborted) return runtime
  await closeRuntime(runtime)
  return undefined
}
