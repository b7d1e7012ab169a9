import type { JobConfig } from '../config/config.ts'
import type { JobTrigger } from './job.ts'

/** Changes of the jobs while they run. What is refused is told by `job.refused`. */
export type JobCommand<Job = JobConfig> =
  /** Adds a job, or replaces one that was added before; it stays over restarts unless it is `temporary`. */
  | { readonly type: 'ADD_JOB'; readonly job: string; readonly config: Job; readonly temporary?: boolean }
  /** Takes it out; what runs may end. Of a job of the config it holds until that gives it another schedule, or no longer has it. */
  | { readonly type: 'REMOVE_JOB'; readonly job: string }
  /** Gives it another trigger. Of a job of the config it holds until that gives it another schedule, or no longer has it. */
  | { readonly type: 'RESCHEDULE_JOB'; readonly job: string; readonly trigger: JobTrigger }
  /** It fires no more until it is resumed, or the config's `paused` of it is changed. */
  | { readonly type: 'PAUSE_JOB'; readonly job: string }
  /** What was due before the pause still is, and nothing of the time between. */
  | { readonly type: 'RESUME_JOB'; readonly job: string }
  /** Asks for a firing now, paused or not; where `maxInstances` run already it is skipped. */
  | { readonly type: 'RUN_JOB'; readonly job: string }
