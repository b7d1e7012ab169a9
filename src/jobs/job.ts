import type { CrontabDialect } from './crontab.ts'

/** From when to when a job fires, and how far its fire times are spread. */
export interface JobWindow {
  /**
   * No fire time before this (inclusive): a `Date`, or ISO 8601, read in the job's time zone (else the config's) where it has no offset.
   * An interval counts from here.
   */
  readonly start?: Date | string
  /** No fire time after this (inclusive), written as `start`. */
  readonly end?: Date | string
  /**
   * Each fire time is up to so much later (seconds, or `'90s'`, `'5m'`), always by the same for the same job and fire time:
   * so that not everything fires on the full hour. Never past the next fire time; at most the interval, or a day of a crontab.
   */
  readonly jitter?: number | string
}

/** When a job fires: exactly one of the three. */
export type JobTrigger = ScheduleTrigger | DaemonTrigger

export type ScheduleTrigger =
  | ({
      /** Five fields (or six, seconds first), as in Vixie cron: `0 0 * * *`. */
      readonly crontab: string
      /** IANA name; default: the config's `timezone`. */
      readonly timezone?: string
      /** `'apscheduler'`: 0 is Monday, and day of month and day of week mean *and*. Default: `'cron'`. */
      readonly dialect?: CrontabDialect
      readonly interval?: never
      readonly daemon?: never
    } & JobWindow)
  | ({
      /** Seconds (≥ 1), or `'90s'`, `'5m'`, `'1h'`, `'1d'`. Elapsed time, anchored: no drift. */
      readonly interval: number | string
      readonly crontab?: never
      readonly daemon?: never
    } & JobWindow)

export interface DaemonTrigger {
  /** Starts when the scheduler does and never ends by itself; restarted with back-off when it does. */
  readonly daemon: true
  readonly crontab?: never
  readonly interval?: never
}

/** How a firing that failed is run again. */
export interface RetryOptions {
  /** Runs of one firing at most, the first included. Not for a daemon, which has no end of them. */
  readonly attempts: number
  /** The wait before the second: seconds, or `'90s'`, `'5m'`. Default: 1 s. */
  readonly delay?: number | string
  /** So many times as long is each further wait. Default: 2. */
  readonly factor?: number
  /** No wait is longer. Default: 5 minutes. */
  readonly maxDelay?: number | string
}

export interface JobOptions {
  /** Firings of this job at a time, in one process; one more is skipped, emitted and counted. Not for a daemon. Default: 1. */
  readonly maxInstances?: number
  /** Several missed fire times become one firing. Not for a daemon. Default: true. */
  readonly coalesce?: boolean
  /** A fire time later than this, in seconds, is missed: emitted and not run. Not for a daemon. Default: none. */
  readonly misfireGraceTime?: number
  /** Fire times that came while no process was there to fire them are due at start; false: they are missed. Not for a daemon. Default: true. */
  readonly catchUp?: boolean
  /**
   * Only while indexes catch up, or only while all are at their heads; a fire time in the other phase is skipped, a retry waits for its
   * phase. Default: `'always'`.
   */
  readonly when?: 'always' | 'syncing' | 'synchronized'
  /** Default: a firing is run once. A daemon is restarted by its waits. */
  readonly retry?: RetryOptions
  /**
   * `false`: the firing goes on the durable queue at its fire time, and the job has done its part then: in order with the hook's
   * other durable firings, run again by the hook's `retry`, kept when it is dead. Not for a daemon.
   */
  readonly wait?: false
  /** A firing that failed for good is recorded, emitted and counted; `'stop'` fails the root, too. Not for a daemon. Default: `'continue'`. */
  readonly onError?: 'continue' | 'stop'
  /** Does not fire until it is resumed. Counts when the job is first seen, and when this is changed. Default: false. */
  readonly paused?: boolean
}

/** The rules that a daemon has. The others are of fire times: that of one they say nothing is more likely a mistake than meant. */
export type DaemonOptions = Pick<JobOptions, 'when' | 'paused'> & {
  readonly retry?: Omit<RetryOptions, 'attempts'> & { readonly attempts?: never }
} & { readonly [Rule in Exclude<keyof JobOptions, 'when' | 'paused' | 'retry'>]?: never }

/** Of jobs that do not say. */
export type JobDefaults = Pick<JobOptions, 'coalesce' | 'maxInstances' | 'misfireGraceTime'>
