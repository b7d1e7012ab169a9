import type { JobConfig } from '../config/config.ts'
import type { JobStatus } from './job-control.ts'
import type { JobTrigger } from './job.ts'

/** What is kept of a job over restarts. */
export interface JobState extends JobStatus {
  /** Since when this schedule is known. */
  readonly anchor: Date
  /** Every fire time up to here was fired, coalesced, missed or skipped, or has a row of its own. */
  readonly accounted: Date
  /** Times at which it was paused, each from (exclusive) and to: none of these is due. In order. */
  readonly pauses: readonly Pause[]
  /** Of a job that was added at run time. */
  readonly definition: JobConfig | undefined
  /** The trigger that it was given at run time, instead of its config's. */
  readonly trigger: JobTrigger | undefined
}

export interface Pause {
  readonly from: Date
  readonly to: Date
}

/** A job as it is configured: another `schedule` is another job to the store, and counts from now. */
export interface KnownJob {
  readonly name: string
  readonly hook: string
  readonly schedule: string
  /** Starts paused: counts when the job is first seen, and when this is changed. */
  readonly paused?: boolean
}

/** A change by hand. */
export type JobChange =
  | {
      readonly type: 'add'
      readonly hook: string
      readonly schedule: string
      readonly definition: JobConfig
      readonly temporary: boolean
    }
  | { readonly type: 'remove' }
  | { readonly type: 'reschedule'; readonly schedule: string; readonly trigger: JobTrigger }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'run' }

/** Takes fire times for this process, so that no other fires them. */
export interface Claim {
  readonly job: string
  /** Every fire time up to here is accounted for by this claim. */
  readonly until: Date
  readonly next: Date | undefined
  readonly runs: readonly {
    readonly fireTime: Date
    readonly fireTimes: number
    /** It starts at once: it counts as fired by this claim, and should this process die, as begun. */
    readonly begun: boolean
  }[]
  /** It was asked for before, and the answer was lost: what it took then is this process's now. */
  readonly again?: boolean
}

export interface Claimed {
  /** Fire times up to here were accounted for before. */
  readonly accounted: Date
  /** Which of the runs are this process's; the others are, or were, another's. */
  readonly fireTimes: readonly Date[]
  /** There is no such job any more. */
  readonly gone?: boolean
}

/** `due`: waits for its turn or its next attempt. `lost`: its process died. */
export type RunStatus = 'due' | 'running' | 'succeeded' | 'failed' | 'missed' | 'skipped' | 'lost'

export interface RunKey {
  readonly job: string
  readonly fireTime: Date
}

/** A firing as it stands: one row a job and fire time. */
export interface Run extends RunKey {
  readonly fireTimes: number
  readonly status: RunStatus
  readonly attempt: number
  readonly byHand: boolean
  /** Not before this. */
  readonly retryAt?: Date | undefined
  /** When its last attempt began and ended. */
  readonly startedAt?: Date | undefined
  readonly finishedAt?: Date | undefined
  readonly error?: string | undefined
  /** For any process: this one does not want it any more. */
  readonly released?: boolean
}

/** What is to be added to a job's counts (less than nothing: taken back), and set in its row. */
export interface JobTally {
  readonly fired?: number
  readonly coalesced?: number
  readonly missed?: number
  readonly skipped?: number
  readonly failed?: number
  readonly retried?: number
  readonly lastFireTime?: Date
  readonly lastError?: string
}

/** What others did to the jobs, as far as this process heard. */
export interface StoreEvents {
  /** This job's row was changed by hand. */
  readonly changed: (job: string) => void
  /** Nothing was heard for a while, or the clock was set back elsewhere: any row may have been changed. */
  readonly unheard: () => void
  /** Time to look for firings that nobody has. */
  readonly look: () => void
}

/** Where jobs and their firings are kept. Several processes may share it. */
export interface JobStore {
  /**
   * Makes the stored jobs of the config those that are given, and returns all, also those that were added at run time. One
   * that was not there yet, or has another schedule, begins at `now`; those that are gone are retired, and so are temporary
   * ones whose process is gone.
   */
  load(jobs: readonly KnownJob[], now: Date): Promise<ReadonlyMap<string, JobState>>
  /** The jobs as they stand; all, or those named. */
  read(names?: readonly string[]): Promise<readonly JobState[]>
  /** False when there is no such job. Other processes hear of it. */
  change(name: string, change: JobChange, now: Date): Promise<boolean>
  /** Notes when jobs fire next, for whoever looks; undefined: never by time. */
  plan(next: ReadonlyMap<string, Date | undefined>): Promise<void>
  /** One answer a claim, in their order. All or nothing. */
  claim(claims: readonly Claim[]): Promise<readonly Claimed[]>
  /** The clock was wrong before: no job counts from after `now`, is accounted for or paused then, and what ended then is forgotten. */
  rewind(now: Date): Promise<void>
  /**
   * Resolves when it is committed. Of what comes while something is being written, each run's last word is written next.
   * A run that another process took over is left alone: false. So is one that is to begin, and has begun or ended already.
   */
  record(job: string, tally: JobTally, run?: Run): Promise<boolean>
  /**
   * Takes runs that are due or running and that no living process has; says as what it found them. Those of jobs that are not `known`
   * here are left to others, unless there are no such jobs any more.
   */
  takeOver(known: (job: string) => boolean): Promise<readonly Run[]>
  /**
   * From here on this process counts as living and as one that fires jobs, from `now` on, and is told what others do. `now` is asked when no
   * other process joins.
   * @returns since when one of the processes that live has fired jobs, this one included
   */
  join(events: StoreEvents, now: () => Date): Promise<Date>
  /** Gives back what this process has, and stops counting as living. Idempotent. */
  leave(): Promise<void>
  /** Resolves when no record is under way, and what could not be written was tried once more; never rejects. */
  settled(): Promise<void>
  /** Forgets runs that ended before this time. */
  prune(before: Date): Promise<void>
}
