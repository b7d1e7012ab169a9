import type { Clock } from '../clock.ts'
import type { HookConfigs } from '../config/config.ts'
import type { Database, Transaction } from '../database/database.ts'
import type { BlockRef, Datasource } from '../datasources/datasource.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { JobControl } from '../jobs/job-control.ts'
import type { LightSignal, StopSignal } from '../light-signal.ts'
import type { Logger } from '../logger.ts'
import type { QueueOptions } from './fire-options.ts'
import type { FiringClaims } from './firing-claims.ts'
import type { FiringStore, JobRun } from './firing-store.ts'
import type { LifecycleControl } from './lifecycle-control.ts'
import type { Firing, FiringOrigin, HandlerContext, HookContext, IndexStatus } from './context.ts'

/** The callbacks of the lifecycle, as the config has them. */
export interface SystemHooks {
  readonly on_restart?: (ctx: HookContext) => Promise<void> | void
  readonly on_reindex?: (ctx: HookContext) => Promise<void> | void
  readonly on_synchronized?: (ctx: HookContext) => Promise<void> | void
  readonly on_index_rollback?: (
    ctx: HookContext,
    index: string,
    fromLevel: number,
    toLevel: number,
  ) => Promise<void> | void
}

export interface HookRunnerOptions {
  readonly database: Database
  readonly hooks: HookConfigs
  readonly systemHooks: SystemHooks
  /** The project's: `sql/` is in it. */
  readonly directory: string
  readonly logger: Logger
  readonly clock: Clock
  readonly datasources: () => Readonly<Record<string, Datasource>>
  readonly indexes: () => Readonly<Record<string, IndexStatus>>
  readonly jobs: JobControl
  readonly lifecycle: LifecycleControl
  /** Runs work while no level is in flight. */
  readonly exclusive: <T>(work: () => Promise<T>, signal: StopSignal) => Promise<T>
  readonly rollback: (index: string, fromLevel: number, toLevel: number) => Promise<void>
  readonly emit: EmitPawlEvent
  /** Of the durable firings. */
  readonly store: FiringStore
  readonly claims: FiringClaims
  /** Makes a firing seen, and aborts it when Pawl stops. Settles as `work` does. */
  readonly track: (firing: Firing, work: (signal: LightSignal) => Promise<void>) => Promise<void>
}

export interface FireRequest {
  readonly hook: string
  readonly args?: Readonly<Record<string, unknown>>
  readonly origin: FiringOrigin
  readonly id?: string
  /** A transaction waits for it, and may hold locks that it wants. Default: false. */
  readonly awaited?: boolean
  /** Aborted when whoever fired does not want it any more: a daemon that is to end. */
  readonly signal?: LightSignal
}

/** A durable firing that no callback makes. */
export interface QueueRequestFromOutside extends Omit<FireRequest, 'signal' | 'awaited'> {
  readonly options: QueueOptions
  /** The run of a job that it is: it is queued once, whoever queues it. */
  readonly run?: JobRun
}

export interface HandlerCall {
  readonly index: string
  /** Calls it with these blocks. */
  readonly handler: (ctx: HandlerContext) => Promise<void> | void
  readonly transaction: Transaction
  /** One at least. */
  readonly blocks: readonly BlockRef[]
  readonly signal: StopSignal
}
