/** When a job fires: exactly one of the three. */
export type JobTrigger =
  | {
      /** Five fields (or six, seconds first), as in Vixie cron: `0 0 * * *`. */
      readonly crontab: string
      /** IANA name; default: the config's `timezone`. */
      readonly timezone?: string
      readonly interval?: never
      readonly daemon?: never
    }
  | {
      /** Seconds (≥ 1), or `'90s'`, `'5m'`, `'1h'`, `'1d'`. Elapsed time, anchored: no drift. */
      readonly interval: number | string
      readonly crontab?: never
      readonly daemon?: never
    }
  | {
      /** Starts when the scheduler does and never ends by itself; restarted with back-off when it does. */
      readonly daemon: true
      readonly crontab?: never
      readonly interval?: never
    }

export interface JobOptions {
  /** Firings of this job at a time; one more is skipped, emitted and counted. Default: 1. */
  readonly maxInstances?: number
  /** Several missed fire times become one firing. Default: true. */
  readonly coalesce?: boolean
  /** A fire time later than this, in seconds, is missed: emitted and not run. Default: none. */
  readonly misfireGraceTime?: number
}
