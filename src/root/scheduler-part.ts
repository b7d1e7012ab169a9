import type { Work } from '../../machines/slot.ts'
import type { SchedulerCommand } from '../../machines/scheduler.machine.ts'
import { schedulerLogic } from '../jobs/scheduler.ts'
import type { Runtime } from './runtime.ts'

/** The scheduler's chart with its slots filled, for a root whose runtime is there when it starts. */
export const schedulerPart = schedulerLogic<Runtime>((runtime) => {
  const { config, clock, logger, jobStore, hooks, root } = runtime
  return {
    jobs: config.jobs ?? {},
    clock,
    timezone: config.timezone ?? 'UTC',
    postponeJobs: config.postponeJobs ?? false,
    store: jobStore,
    fire: ({ hook, args, origin }, signal) => hooks.fire({ hook, args, origin, signal }),
    emit: (event) => root.emit(event),
    logger,
  }
}) as unknown as Work<{ readonly runtime: unknown }, void, SchedulerCommand>
