import type { JobConfig } from '../config/config.ts'
import type { JobTrigger } from './job.ts'

/** Changes of the jobs while they run. What is refused is told by `job.refused`. */
export type JobCommand<Job = JobConfig> =
  /** Adds a job, or replaces one that was added before; it stays over restarts unless it is `temporary`. */
  | { readonly type: 'ADD_JOB'; readonly job: string; readonly config: Job; readonly temporary?: boolean }
  /** A job of the config stays away until its entry there is changed. */
  | { readonly type: 'REMOVE_JOB'; readonly job: string }
  /** Holds until the job's entry in the config is changed. */
  | { readonly type: 'RESCHEDULE_JOB'; readonly job: string; readonly trigger: JobTrigger }
  | { readonly type: 'PAUSE_JOB'; readonly job: string }
  /** Fire times that passed meanwhile are not due: they were paused, not missed. */
  | { readonly type: 'RESUME_JOB'; readonly job: string }
  /** Now, paused or not; where `maxInstances` run already it is skipped. */
  | { readonly type: 'RUN_JOB'; readonly job: string }
