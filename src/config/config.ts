import type { Datasource, BlockRef } from '../datasources/datasource.ts'
import type { HandlerContext, HookContext } from '../hooks/context.ts'
import type { HookCallArgs } from '../hooks/hook-call.ts'
import type { Hook } from '../hooks/hook.ts'
import type { JobOptions, JobTrigger } from '../jobs/job.ts'
import type { Logger } from '../logger.ts'
import type { Clock } from '../clock.ts'

export interface IndexConfig<Block extends BlockRef = BlockRef> {
  readonly datasource: Datasource<Block>
  /** Default: the datasource's first level (0). */
  readonly firstLevel?: number
  /** The index ends here, and counts as synchronized from then on. Default: never. */
  readonly lastLevel?: number
  /**
   * Levels below the head that a reorg can reach, for a datasource that cannot tell what is final. Nothing below is
   * journalled. Default: 64.
   */
  readonly finality?: number
  // Method syntax on purpose: bivariant, so that indexes over different blocks fit one record.
  /** Called for each level, inside that level's transaction. */
  handler(ctx: HandlerContext, block: Block): Promise<void> | void
}

export type IndexConfigs = Readonly<Record<string, IndexConfig>>
export type HookConfigs = Readonly<Record<string, Hook>>

/** A job of one of these hooks, with arguments that fit it. */
export type JobConfig<Hooks extends HookConfigs = HookConfigs> = {
  [Name in keyof Hooks & string]: {
    readonly hook: Name
  } & HookCallArgs<Hooks[Name]['args']> &
    JobTrigger &
    JobOptions
}[keyof Hooks & string]

export type JobConfigs<Hooks extends HookConfigs = HookConfigs> = Readonly<Record<string, JobConfig<Hooks>>>

/** What users write: see `defineConfig`. */
export interface Config<
  Indexes extends IndexConfigs = IndexConfigs,
  Hooks extends HookConfigs = HookConfigs,
  Jobs extends object = JobConfigs<Hooks>,
> {
  /** `postgres://…`. Left out: a PostgreSQL of Pawl's own in `.pawl/`. */
  readonly database?: string | undefined
  /** The schema of the user's tables. Default: `public`. */
  readonly schema?: string
  /** Tables of `schema` that neither rollback nor wipe touches. */
  readonly immuneTables?: readonly string[]
  /** The folder that `sql/` and `.pawl/` are in. Default: the config file's folder, else the working directory. */
  readonly directory?: string
  readonly indexes?: Indexes
  readonly hooks?: Hooks
  readonly jobs?: Jobs
  /** Jobs wait until the first time that every index is synchronized. Default: false. */
  readonly postponeJobs?: boolean
  /** Time zone of crontabs that name none. Default: `UTC`. */
  readonly timezone?: string

  /** Every start, after the database is ready and before any indexing. */
  readonly on_restart?: (ctx: HookContext) => Promise<void> | void
  /** The database is new or was wiped: create tables, views, seed rows here. */
  readonly on_reindex?: (ctx: HookContext) => Promise<void> | void
  /** Every time that all indexes have reached their heads. */
  readonly on_synchronized?: (ctx: HookContext) => Promise<void> | void
  /** Levels `toLevel + 1` to `fromLevel` left the chain. Default: `ctx.rollback(index, fromLevel, toLevel)`. */
  readonly on_index_rollback?: (
    ctx: HookContext,
    index: string,
    fromLevel: number,
    toLevel: number,
  ) => Promise<void> | void

  /** How long a stop waits for what still runs, in ms; then it is cut off and rolled back. Default: 4000. */
  readonly drainTimeout?: number
  /** Default: silent. */
  readonly logger?: Logger
  /** Default: the machine's. */
  readonly clock?: Clock
}
