import type { FiringOrigin } from './hooks/context.ts'
import type { SystemHookName } from './hooks/hook.ts'
import type { JobCommand } from './jobs/job-command.ts'

/** The states of the lifecycle, as users see them. */
export const LIFECYCLE_STATES = [
  'starting',
  'restart',
  'reindex',
  'syncing',
  'synchronized',
  'rollback',
  'stopping',
  'stopped',
  'failed',
] as const

/** Where the root stands, as the event `lifecycle` tells it. */
export type LifecycleState = (typeof LIFECYCLE_STATES)[number]

/** `late`: later than `misfireGraceTime`. `down`: Pawl did not run then, and `catchUp` is false. */
export type JobMissReason = 'late' | 'down'

/** `when`: in the other phase. `paused`: a daemon that was to be run by hand. `removed`: its job is gone. `elsewhere`: this process was taken for dead, and another has it. */
export type JobSkipReason = 'maxInstances' | 'when' | 'paused' | 'removed' | 'elsewhere'

/** Why the database is made (`first_start`), or made again. See `reindex` of the config. */
export type ReindexReason =
  | 'first_start'
  | 'manual'
  | 'migration'
  | 'rollback'
  | 'config_modified'
  | 'schema_modified'

/** What a revert did to one table, in rows. One whose primary key had changed counts as restored and as removed. */
export interface RevertedTable {
  readonly table: string
  /** Deleted since, and there again. */
  readonly restored: number
  /** Written since, and as they were. */
  readonly changed: number
  /** Inserted since, and gone. */
  readonly removed: number
}

interface FiringEvent<HookName extends string> {
  readonly firing: string
  readonly hook: HookName | SystemHookName
  readonly origin: FiringOrigin
}

/** All that the root emits, by type. Times are `Date`s, durations ms. */
export type PawlEvent<
  HookName extends string = string,
  JobName extends string = string,
  IndexName extends string = string,
> =
  /** The lifecycle entered a state. */
  | {
      readonly type: 'lifecycle'
      readonly state: LifecycleState
      readonly previous: LifecycleState | undefined
    }
  /**
   * What belongs to the state failed by something that may pass – reading what is stored, the making of the database, a system hook –
   * and is done again after `delay` ms.
   */
  | {
      readonly type: 'lifecycle.retrying'
      readonly state: LifecycleState
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    }
  /** Another process holds the lease of this schema; this one waits to take over. */
  | { readonly type: 'standby'; readonly holder: string }
  /** Levels were committed. `levels` counts those since the last such event of the index; at most one every 100 ms. */
  | {
      readonly type: 'index.progress'
      readonly index: IndexName
      readonly level: number
      /** Of the block at `level`. */
      readonly hash: string
      readonly head: number
      readonly levels: number
      readonly synchronized: boolean
    }
  /** A reorg was undone: levels `toLevel + 1` to `fromLevel` are gone. */
  | {
      readonly type: 'index.rolledBack'
      readonly index: IndexName
      readonly fromLevel: number
      readonly toLevel: number
      readonly tables: readonly RevertedTable[]
      readonly duration: number
    }
  /**
   * Rows of these levels are of blocks that left the chain, and stay: they cannot be undone, and `reindex.rollback` is
   * `ignore`.
   */
  | {
      readonly type: 'index.orphaned'
      readonly index: IndexName
      readonly fromLevel: number
      readonly toLevel: number
    }
  /** Something that may pass failed (a node, a connection) in a level or a rollback; it is tried again after `delay` ms. */
  | {
      readonly type: 'index.retrying'
      readonly index: IndexName
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    }
  /** The index stops here: its handler threw, or its datasource cannot be used. The others go on. */
  | { readonly type: 'index.failed'; readonly index: IndexName; readonly error: unknown }
  /** An index was added while Pawl runs, and starts. */
  | { readonly type: 'index.added'; readonly index: string }
  /** An index was removed, and has ended. */
  | { readonly type: 'index.removed'; readonly index: string }
  /**
   * So many durable firings wait for confirmations of an index that is not followed any more: they run when it is added again, and goes
   * on. Told when it is removed, and at each start without it.
   */
  | { readonly type: 'index.unconfirmed'; readonly index: string; readonly firings: number }
  /** `ADD_INDEX` or `REMOVE_INDEX` was not carried out. */
  | {
      readonly type: 'index.refused'
      readonly index: string
      readonly command: 'ADD_INDEX' | 'REMOVE_INDEX'
      readonly error: unknown
    }
  /**
   * A durable firing from outside, or of a job, is on the queue, and committed. `duplicate`: it is not, for there is one of this
   * `id` or `key`; no further event comes with this `firing`.
   */
  | ({ readonly type: 'hook.queued'; readonly duplicate: boolean } & FiringEvent<HookName>)
  /** A hook begins, with these arguments. */
  | ({
      readonly type: 'hook.started'
      readonly args: Readonly<Record<string, unknown>>
    } & FiringEvent<HookName>)
  /** A hook ended well, after `duration` ms. */
  | ({ readonly type: 'hook.finished'; readonly duration: number } & FiringEvent<HookName>)
  /** A hook threw, or its arguments do not fit. */
  | ({
      readonly type: 'hook.failed'
      readonly duration: number
      readonly error: unknown
    } & FiringEvent<HookName>)
  /** A durable firing failed, and runs again after `delay` ms. `attempt` counts its runs so far. */
  | ({
      readonly type: 'hook.retrying'
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    } & FiringEvent<HookName>)
  /** A durable firing failed for the last time. It stays on the queue with its error, and does not run again by itself. */
  | ({
      readonly type: 'hook.dead'
      readonly attempts: number
      readonly error: unknown
    } & FiringEvent<HookName>)
  /**
   * A durable firing will not run: its level left the chain before, or while it ran, and it failed. One that may have had its effect is
   * compensated instead, where its hook has `onReverted`.
   */
  | ({ readonly type: 'hook.dropped' } & FiringEvent<HookName>)
  /** The jobs have been loaded, so many, and fire from now on. Not where there are none. */
  | { readonly type: 'jobs.scheduled'; readonly jobs: number }
  /** A job fires now. `fireTimes` counts the fire times that this one firing stands for (more than one: coalesced). */
  | {
      readonly type: 'job.fired'
      readonly job: JobName
      readonly fireTime: Date | undefined
      readonly fireTimes: number
    }
  /** Fire times that were not run, because they were too late. `fireTimes` has one of those that would have been one firing. */
  | {
      readonly type: 'job.missed'
      readonly job: JobName
      readonly fireTimes: readonly Date[]
      readonly count: number
      readonly reason: JobMissReason
    }
  /** A fire time that was not run, for a rule of the job. */
  | {
      readonly type: 'job.skipped'
      readonly job: JobName
      readonly fireTime: Date
      readonly running: number
      readonly reason: JobSkipReason
    }
  /** So many fire times had passed that only `counted` of them are told of: the first ones, and the `last`. */
  | { readonly type: 'job.capped'; readonly job: JobName; readonly counted: number; readonly last: Date }
  /** A firing of the job failed and is run again after `delay` ms; `attempt` is the one to come. */
  | {
      readonly type: 'job.retried'
      readonly job: JobName
      readonly fireTime: Date | undefined
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    }
  /** A change at run time (`PAUSE_JOB`, …) was not carried out. */
  | {
      readonly type: 'job.refused'
      readonly job: string
      readonly command: JobCommand['type']
      readonly error: unknown
    }
  /** A firing of the job failed, or a daemon ended; a daemon starts again after `restartIn` ms. */
  | {
      readonly type: 'job.failed'
      readonly job: JobName
      readonly error: unknown
      readonly restartIn: number | undefined
    }
  /** The database is made, or made again, and why. */
  | { readonly type: 'reindex'; readonly reason: ReindexReason }

export type EmitPawlEvent = (event: PawlEvent) => void
