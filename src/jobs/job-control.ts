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
 * Changes jobs at run time. Each change is a row before its promise resolves, so that it survives a restart, and whatever becomes of the
 * transaction that it was asked for in.
 * @throws UnknownJobError where there is no such job; ConfigurationError where what was asked for cannot be
 */
export interface JobControl {
  /** Adds a job, or replaces one that was added before. `temporary`: gone with the first start after this process ended. */
  add(name: string, job: JobConfig, options?: { readonly temporary?: boolean }): Promise<void>
  /** Takes it out; what runs may end. Of a job of the config it holds until that gives it another schedule, or no longer has it. */
  remove(name: string): Promise<void>
  /** Gives it another trigger. Of a job of the config it holds until that gives it another schedule, or no longer has it. */
  reschedule(name: string, trigger: JobTrigger): Promise<void>
  /** It fires no more until it is resumed, or the config's `paused` of it is changed. */
  pause(name: string): Promise<void>
  /** What was due before the pause still is, and nothing of the time between. */
  resume(name: string): Promise<void>
  /** Asks for a firing now, paused or not; where `maxInstances` run already it is skipped. Resolves when that is stored, before the firing. */
  run(name: string): Promise<void>
  /** Every job, as it stands. */
  list(): Promise<readonly JobStatus[]>
}
