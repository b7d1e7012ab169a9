import { schedulerMachine, type SchedulerCommand } from '../../machines/scheduler.machine.ts'
import type { Work } from '../../machines/slot.ts'
import { actorPool, type ActorPool } from '../actor-pool.ts'
import type { Clock } from '../clock.ts'
import type { JobConfigs } from '../config/config.ts'
import type { ConfigurationIssue } from '../errors.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { FiringOrigin } from '../hooks/context.ts'
import type { LightSignal } from '../light-signal.ts'
import type { Logger } from '../logger.ts'
import { work } from '../work.ts'
import type { JobCommand } from './job-command.ts'
import type { JobStore } from './job-store.ts'
import type { JobDesk } from './job-desk.ts'
import type { JobDefaults } from './job.ts'
import { pause } from './pause.ts'
import { Roster } from './roster.ts'

/** ms until the jobs are loaded again that could not be. */
const LOAD_AGAIN = 1_000

/** A job wants its hook run. */
export interface JobFireRequest {
  readonly hook: string
  readonly args: Readonly<Record<string, unknown>>
  readonly origin: Extract<FiringOrigin, { type: 'job' }>
  /** `false`: put it on the durable queue. */
  readonly wait: false | undefined
}

export interface SchedulerOptions {
  readonly jobs: JobConfigs
  readonly clock: Clock
  /** Of crontabs that name none. */
  readonly timezone: string
  /** Other processes fire the jobs; this one only changes them. */
  readonly elsewhere?: boolean
  /** Jobs wait for SYNCHRONIZED. */
  readonly postponeJobs: boolean
  readonly store: JobStore
  /** Runs the hook; `signal` is aborted when nobody waits for it any more, and for a daemon when it is to end. */
  readonly fire: (request: JobFireRequest, signal: LightSignal) => Promise<void>
  readonly emit: EmitPawlEvent
  readonly logger: Logger
  /** Of jobs that do not say. */
  readonly defaults: JobDefaults
  /** How long runs that ended are kept, in ms. */
  readonly retention: number
  /** What is wrong with a job that was added at run time. */
  readonly check: (name: string, job: unknown) => readonly ConfigurationIssue[]
  /** Takes changes at run time. */
  readonly desk: JobDesk
  /** May the same succeed later? Jobs that cannot be loaded are tried again then. */
  readonly mayPass?: (error: unknown) => boolean
  /** Ends the root: a job whose `onError` is `'stop'` failed. */
  readonly fatal: (error: unknown) => void
}

export type SchedulerLogic = Work<{ readonly runtime: unknown }, void, SchedulerCommand>

/**
 * Logic of the actor that fires jobs. It fires nothing before START (with `postponeJobs`: before SYNCHRONIZED), is done
 * when DRAIN was sent and all that ran has ended, and fails when the jobs cannot be loaded. A firing that fails is stored,
 * emitted and counted, and never ends it. Changes of jobs are taken at any time.
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
      load: work<{ readonly runtime: unknown }, unknown>(({ runtime }, { light }) =>
        load(optionsOf(runtime), light.signal),
      ),
      drain: work(({ roster }) => (roster as Roster).drain()),
    },
    guards: {
      isElsewhere: ({ context }) => optionsOf(context.runtime).elsewhere === true,
      isPostponed: ({ context }) => optionsOf(context.runtime).postponeJobs && !context.synchronized,
    },
    actions: {
      startJobs: ({ context, self }) => {
        const jobs = self.getSnapshot().children['jobs']?.getSnapshot() as unknown as { pool: ActorPool }
        // Not inside the action: what machines do there is taken for a misuse of XState's.
        queueMicrotask(() => rosterOf(context).start(jobs.pool, context))
      },
      tellPhase: ({ context }) => queueMicrotask(() => rosterOf(context).setPhase(context)),
      obey: ({ context }, { command }) => void obey(optionsOf(context.runtime), command),
    },
  }) as unknown as SchedulerLogic
}

/** For as long as it takes: a database that is away for a moment ends nothing else either. */
async function load(options: SchedulerOptions, signal: LightSignal): Promise<Roster> {
  const { clock, logger, mayPass } = options
  for (;;) {
    try {
      return await Roster.load(options)
    } catch (error) {
      if (signal.aborted || mayPass?.(error) !== true) throw error
      logger.warn('the jobs could not be loaded yet', { error })
    }
    await pause(clock, LOAD_AGAIN, signal)
    signal.throwIfAborted()
  }
}

/** Nobody waits for the outcome: what is refused is told. */
async function obey({ desk, emit }: SchedulerOptions, command: JobCommand): Promise<void> {
  try {
    await desk.obey(command)
  } catch (error) {
    const { job, type } = command
    emit({ type: 'job.refused', job, command: type, error })
  }
}

const rosterOf = ({ roster }: { readonly roster: unknown }): Roster => roster as Roster
