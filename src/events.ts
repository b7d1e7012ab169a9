import type { FiringOrigin } from './hooks/context.ts'

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

interface FiringEvent {
  readonly firing: string
  readonly hook: string
  readonly origin: FiringOrigin
}

/** All that the root emits, by type. Times are `Date`s, durations ms. */
export type PawlEvent =
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
      readonly index: string
      readonly level: number
      readonly head: number
      readonly levels: number
      readonly synchronized: boolean
    }
  /** A reorg was undone: levels `toLevel + 1` to `fromLevel` are gone. */
  | {
      readonly type: 'index.rolledBack'
      readonly index: string
      readonly fromLevel: number
      readonly toLevel: number
      readonly tables: readonly RevertedTable[]
      readonly duration: number
    }
  /** Something that may pass failed (a node, a connection); it is tried again after `delay` ms. */
  | {
      readonly type: 'index.retrying'
      readonly index: string
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    }
  /** The index stops here: its handler threw, or its datasource cannot be used. The others go on. */
  | { readonly type: 'index.failed'; readonly index: string; readonly error: unknown }
  | ({ readonly type: 'hook.started'; readonly args: Readonly<Record<string, unknown>> } & FiringEvent)
  | ({ readonly type: 'hook.finished'; readonly duration: number } & FiringEvent)
  | ({ readonly type: 'hook.failed'; readonly duration: number; readonly error: unknown } & FiringEvent)
  /** A job fires now. `fireTimes` counts the fire times that this one firing stands for (more than one: coalesced). */
  | {
      readonly type: 'job.fired'
      readonly job: string
      readonly fireTime: Date | undefined
      readonly fireTimes: number
    }
  /** Fire times that were not run, because they were later than `misfireGraceTime`. */
  | {
      readonly type: 'job.missed'
      readonly job: string
      readonly fireTimes: readonly Date[]
      readonly count: number
    }
  /** A fire time that was not run, because `maxInstances` firings were still running. */
  | { readonly type: 'job.skipped'; readonly job: string; readonly fireTime: Date; readonly running: number }
  /** A firing of the job failed, or a daemon ended; a daemon starts again after `restartIn` ms. */
  | {
      readonly type: 'job.failed'
      readonly job: string
      readonly error: unknown
      readonly restartIn: number | undefined
    }
  | { readonly type: 'reindex'; readonly reason: ReindexReason }

export type EmitPawlEvent = (event: PawlEvent) => void
