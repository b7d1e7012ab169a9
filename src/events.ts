import type { FiringOrigin } from './hooks/context.ts'
import type { SystemHookName } from './hooks/hook.ts'

/** The states of the lifecycle, as users see them. */
export type LifecycleState =
  | 'starting'
  | 'restart'
  | 'reindex'
  | 'syncing'
  | 'synchronized'
  | 'rollback'
  | 'stopping'
  | 'stopped'
  | 'failed'

export type ReindexReason = 'first_start' | 'manual'

/** What a revert did to one table: rows put back (changed or deleted since), and rows taken away (inserted since). */
export interface RevertedTable {
  readonly table: string
  readonly restored: number
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
  /** Something that may pass failed (a node, a connection); it is tried again after `delay` ms. */
  | {
      readonly type: 'index.retrying'
      readonly index: IndexName
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    }
  /** The index stops here: its handler threw, or its datasource cannot be used. The others go on. */
  | { readonly type: 'index.failed'; readonly index: IndexName; readonly error: unknown }
  | ({
      readonly type: 'hook.started'
      readonly args: Readonly<Record<string, unknown>>
    } & FiringEvent<HookName>)
  | ({ readonly type: 'hook.finished'; readonly duration: number } & FiringEvent<HookName>)
  | ({
      readonly type: 'hook.failed'
      readonly duration: number
      readonly error: unknown
    } & FiringEvent<HookName>)
  /** A job fires now. `fireTimes` counts the fire times that this one firing stands for (more than one: coalesced). */
  | {
      readonly type: 'job.fired'
      readonly job: JobName
      readonly fireTime: Date | undefined
      readonly fireTimes: number
    }
  /** Fire times that were not run, because they were later than `misfireGraceTime`. */
  | {
      readonly type: 'job.missed'
      readonly job: JobName
      readonly fireTimes: readonly Date[]
      readonly count: number
    }
  /** A fire time that was not run, because `maxInstances` firings were still running. */
  | { readonly type: 'job.skipped'; readonly job: JobName; readonly fireTime: Date; readonly running: number }
  /** A firing of the job failed, or a daemon ended; a daemon starts again after `restartIn` ms. */
  | {
      readonly type: 'job.failed'
      readonly job: JobName
      readonly error: unknown
      readonly restartIn: number | undefined
    }
  | { readonly type: 'reindex'; readonly reason: ReindexReason }

export type EmitPawlEvent = (event: PawlEvent) => void
