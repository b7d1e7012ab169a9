import type { Work } from '../../machines/slot.ts'
import type { SchedulerCommand } from '../../machines/scheduler.machine.ts'
import { checkJobAlone } from '../config/check-jobs.ts'
import { StoppingError } from '../errors.ts'
import { parseInterval } from '../jobs/interval.ts'
import type { JobCommand } from '../jobs/job-command.ts'
import { schedulerLogic } from '../jobs/scheduler.ts'
import type { PawlEvent } from '../events.ts'
import { mayPass } from './may-pass.ts'
import type { Runtime } from './runtime.ts'

/** ms. Two weeks say what happened on the same day of the week before. */
const HISTORY = 14 * 86_400_000

/** The scheduler's chart with its slots filled, for a root whose runtime is there when it starts. */
export const schedulerPart = schedulerLogic<Runtime>((runtime) => {
  const { config, clock, logger, jobStore, hooks, root, roles } = runtime
  return {
    jobs: config.jobs ?? {},
    clock,
    timezone: config.timezone ?? 'UTC',
    elsewhere: !roles.has('scheduler'),
    postponeJobs: config.postponeJobs ?? false,
    store: jobStore,
    fire: ({ wait, ...request }, signal) => {
      if (wait === undefined) return hooks.fire({ ...request, signal })
      const { job, fireTime } = request.origin
      // The same for the same fire time: one that is queued again after a crash is the same firing, also where the first has run.
      const same =
        fireTime === undefined ? {} : { id: `${job} ${fireTime.toISOString()}`, run: { job, fireTime } }
      return hooks.queue({ ...request, ...same, options: { wait } })
    },
    emit: (event) => root.emit(event),
    logger,
    defaults: config.jobDefaults ?? {},
    retention: config.jobHistory === undefined ? HISTORY : parseInterval(config.jobHistory),
    check: (name, job) => checkJobAlone(config, name, job),
    desk: runtime.jobs,
    mayPass,
    fatal: (error) => root.fatal(error),
  }
}) as unknown as Work<{ readonly runtime: unknown }, void, SchedulerCommand>

/** Tells that a change was not taken. */
export function jobRefusal({ job, type }: JobCommand): PawlEvent {
  const error = new StoppingError(`${type} of job "${job}" was not done: Pawl is stopping`)
  return { type: 'job.refused', job, command: type, error }
}
