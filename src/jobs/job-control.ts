import type { JobConfig } from '../config/config.ts'
import type { JobTrigger } from './job.ts'

/** A job as it stands. */
export interface JobStatus {
  readonly name: string
  readonly hook: string
  /** `crontab 0 0 * * * (UTC)`, `every 90 s`, `daemon`. */
  readonly schedule: string
  /** Where it comes from. */
  readonly origin: 'config' | 'added'
  readonly paused: boolean
  readonly lastFireTime: Date | undefined
  readonly nextFireTime: Date | undefined
  readonly fired: number
  /** Fire times that another firing stood for. */
  readonly coalesced: number
  readonly missed: number
  readonly skipped: number
  readonly failed: number
  readonly retried: number
  /** Of the last firing that failed; stays when later ones succeed. */
  readonly lastError: string | undefined
}

/**
 * Changes jobs at run time. Each change is a row before its promise resolves, so that it survives a restart.
 * @throws UnknownJobError where there is no such job; ConfigurationError where what was asked for cannot be
 */
export interface JobControl {
  /** Adds a job, or replaces one that was added before. `temporary`: gone with the next start. */
  add(name: string, job: JobConfig, options?: { readonly temporary?: boolean }): Promise<void>
  /** Takes it out; what runs may end. A job of the config stays away until its entry there is changed. */
  remove(name: string): Promise<void>
  /** Another trigger, until the job's entry in the config is changed. */
  reschedule(name: string, trigger: JobTrigger): Promise<void>
  /** It fires no more, also after restarts. */
  pause(name: string): Promise<void>
  /** Fire times that passed meanwhile are not due. */
  resume(name: string): Promise<void>
  /** Asks for a firing now, paused or not. Resolves when that is stored, before the firing. */
  run(name: string): Promise<void>
  /** Every job, as it stands. */
  list(): Promise<readonly JobStatus[]>
}
