import { schedulerMachine, type SchedulerCommand } from '../../machines/scheduler.machine.ts'
import type { Work } from '../../machines/slot.ts'
import { actorPool, type ActorPool } from '../actor-pool.ts'
import type { Clock } from '../clock.ts'
import type { JobConfigs } from '../config/config.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { FiringOrigin } from '../hooks/context.ts'
import type { Logger } from '../logger.ts'
import { work } from '../work.ts'
import type { JobStore } from './job-store.ts'
import { Roster } from './roster.ts'

/** A job wants its hook run. */
export interface JobFireRequest {
  readonly hook: string
  readonly args: Readonly<Record<string, unknown>>
  readonly origin: Extract<FiringOrigin, { type: 'job' }>
}

export interface SchedulerOptions {
  readonly jobs: JobConfigs
  readonly clock: Clock
  /** Of crontabs that name none. */
  readonly timezone: string
  /** Jobs wait for SYNCHRONIZED. */
  readonly postponeJobs: boolean
  readonly store: JobStore
  /** Runs the hook; `signal` is aborted when nobody waits for it any more, and for a daemon when it is to end. */
  readonly fire: (request: JobFireRequest, signal: AbortSignal) => Promise<void>
  readonly emit: EmitPawlEvent
  readonly logger: Logger
}

export type SchedulerLogic = Work<{ readonly runtime: unknown }, void, SchedulerCommand>

/**
 * Logic of the actor that fires jobs. It fires nothing before START (with `postponeJobs`: before SYNCHRONIZED), is done
 * when DRAIN was sent and all that ran has ended, and fails when the jobs cannot be loaded. A firing that fails is stored,
 * emitted and counted, and never ends it.
 *
 * `options` may be a function of the input's `runtime`, for options that are only there when the actor starts.
 */
export function schedulerLogic<Runtime = unknown>(
  options: SchedulerOptions | ((runtime: Runtime) => SchedulerOptions),
): SchedulerLogic {
  // The machine passes on what it was given as `runtime`, untouched.
  const optionsOf = (runtime: unknown): SchedulerOptions =>
    typeof options === 'function' ? options(runtime as Runtime) : options

  return schedulerMachine.provide({
    actors: {
      jobs: actorPool() as never,
      load: work<{ readonly runtime: unknown }, unknown>(({ runtime }) => Roster.load(optionsOf(runtime))),
      drain: work(({ roster }) => (roster as Roster).drain()),
    },
    guards: {
      isPostponed: ({ context }) => optionsOf(context.runtime).postponeJobs && !context.synchronized,
    },
    actions: {
      startJobs: ({ context, self }) => {
        const jobs = self.getSnapshot().children['jobs']?.getSnapshot() as unknown as { pool: ActorPool }
        rosterOf(context).start(jobs.pool)
      },
      pauseJob: ({ context }, { job }) => void rosterOf(context).pause(job),
      resumeJob: ({ context }, { job }) => void rosterOf(context).resume(job),
    },
  }) as unknown as SchedulerLogic
}

const rosterOf = ({ roster }: { readonly roster: unknown }): Roster => roster as Roster
