import type { AnyActorRef } from 'xstate'
import type { HookConfigs } from '../config/config.ts'
import type { LifecycleState, PawlEvent } from '../events.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { ListedFiring } from '../hooks/firing-store.ts'
import type { JobCounts } from '../jobs/count-jobs.ts'
import type { JobControl } from '../jobs/job-control.ts'
import type { QueueCount } from './hook-metrics.ts'
import type { Monitored } from './monitoring.ts'
import type { RollbackPreview } from './commands.ts'
import type { ShownRun } from './shown.ts'

/** What the database has, once it is open. */
export interface StoredState {
  readonly jobs: JobControl
  /** The last firings of a job, the newest first. */
  runs(job: string, limit: number): Promise<readonly ShownRun[]>
  /** When a job fires next. */
  nextFireTimes(job: string, count: number): Promise<readonly Date[]>
  /** Of the durable firings that wait, of those that run, and of the dead, the first so many each. */
  firings(limit: number): Promise<readonly ListedFiring[]>
  firingCounts(): Promise<readonly QueueCount[]>
  jobCounts(): Promise<JobCounts>
  /** Lets a dead firing run again. false: there is none of this id. */
  retryFiring(id: string): Promise<boolean>
  /** Takes one off the queue. false: there is none of this id that may be. */
  dropFiring(id: string): Promise<boolean>
  /** What a rollback would undo; changes nothing. @throws UnknownIndexError, RollbackError */
  tryRollback(index: string, toLevel: number): Promise<RollbackPreview>
}

/** A root that runs. */
export interface RunningRoot {
  readonly actor: AnyActorRef
  fireHook(firing: {
    readonly hook: string
    readonly args: Readonly<Record<string, unknown>>
    readonly id: string
    readonly queue: boolean
  }): void
  stop(): void
}

/** What an inspector shows: a root, or, where none runs, what its database has. */
export interface Inspected extends Monitored {
  /** Of the project. */
  readonly name: string
  readonly schema: string
  readonly hooks: HookConfigs
  /** undefined: nothing runs. */
  readonly root: RunningRoot | undefined
  now(): number
  state(): LifecycleState
  indexes(): Readonly<Record<string, IndexStatus>>
  /** undefined: not open yet. */
  stored(): StoredState | undefined
  /** A job's schedule, as one would say it. */
  explain(schedule: string): string
  /** Hears all that is emitted. */
  listen(listener: (event: PawlEvent) => void): void
}
