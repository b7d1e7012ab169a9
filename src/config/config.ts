import type { Datasource, BlockRef } from '../datasources/datasource.ts'
import type { HandlerContext, HookContext } from '../hooks/context.ts'
import type { Executor } from '../hooks/executor.ts'
import type { HookCallArgs } from '../hooks/hook-call.ts'
import type { Hook } from '../hooks/hook.ts'
import type { DaemonOptions, DaemonTrigger, JobDefaults, JobOptions, ScheduleTrigger } from '../jobs/job.ts'
import type { InspectorOptions } from '../inspector/inspector-options.ts'
import type { MonitoringOptions } from '../inspector/monitoring.ts'
import type { Logger } from '../logger.ts'
import type { Role } from '../roles.ts'
import type { Clock } from '../clock.ts'

/** What an index has beside its handler. */
export interface IndexOptions<Block extends BlockRef = BlockRef> {
  /** Where the blocks come from: `evm(…)`, `replay(…)`, or one of your own. */
  readonly datasource: Datasource<Block>
  /** Default: the datasource's first level (0). */
  readonly firstLevel?: number
  /**
   * The index ends here, and counts as synchronized from then on. It looks at the head until no reorg can reach it, and until its durable
   * firings have their `confirmations`. The process goes on. Default: never.
   */
  readonly lastLevel?: number
  /**
   * Levels below the head that a reorg can reach, for a datasource that cannot tell what is final. Nothing below is
   * journalled. Default: 64.
   */
  readonly finality?: number
  /**
   * Keeps what is final of its blocks in Pawl's own schema, also over a wipe, so that indexing again needs no node. For a datasource that
   * tells its `chain` and its `selection`. Default: false.
   */
  readonly cache?: boolean
}

/** An index whose handler is called for each level, inside that level's transaction. */
export interface LevelIndexConfig<Block extends BlockRef = BlockRef> extends IndexOptions<Block> {
  /** One level at a time, as where it is left out. */
  readonly batch?: false
  /** Called for each level, inside that level's transaction. */
  // Method syntax on purpose: bivariant, so that indexes over different blocks fit one record.
  handler(ctx: HandlerContext, block: Block): Promise<void> | void
}

/**
 * An index whose handler is called with many levels of one transaction at once, in their order: up to 500 of a range that is final, or as
 * many as take a megabyte of memory, as their datasource tells; and one that is not final, so that it can be undone by itself.
 */
export interface BatchIndexConfig<Block extends BlockRef = BlockRef> extends IndexOptions<Block> {
  /** The handler is called with many levels of one transaction at once. */
  readonly batch: true
  /** With `batch`, called with blocks in their order. */
  handler(ctx: HandlerContext, blocks: readonly Block[]): Promise<void> | void
}

/** One handler over one datasource, with a cursor of its own. */
export type IndexConfig<Block extends BlockRef = BlockRef> = LevelIndexConfig<Block> | BatchIndexConfig<Block>

/**
 * `exception`: Pawl stops with an error that says what is wrong, at each start, until it is approved or wiped.
 * `wipe`: it wipes and indexes again. `ignore`: it warns and goes on.
 */
export type ReindexAction = 'exception' | 'wipe' | 'ignore'

/** What happens for each reason to index again. Default: `exception`, but `wipe` for `manual`. */
export interface ReindexPolicy {
  /** `REINDEX`, `ctx.reindex()`. With `ignore` it only begins again with `on_restart`. */
  readonly manual?: ReindexAction
  /** A newer Pawl cannot use what an older one has stored. */
  readonly migration?: ReindexAction
  /**
   * A reorg reaches deeper than what can be undone, or its rows were changed from outside. With `ignore` the rows of blocks that
   * left the chain stay, and it goes on from where the datasource stands.
   */
  readonly rollback?: ReindexAction
  /** Another `firstLevel` of an index, or a datasource that selects other data. Another URL is none. */
  readonly config_modified?: ReindexAction
  /** Other scripts in `sql/on_reindex`, or another `schemaVersion`. */
  readonly schema_modified?: ReindexAction
}

export type IndexConfigs = Readonly<Record<string, IndexConfig>>
export type HookConfigs = Readonly<Record<string, Hook>>

/** A job of one of these hooks, with arguments that fit it. */
export type JobConfig<Hooks extends HookConfigs = HookConfigs> = {
  [Name in keyof Hooks & string]: {
    readonly hook: Name
  } & HookCallArgs<Hooks[Name]['args']> &
    ((ScheduleTrigger & JobOptions) | (DaemonTrigger & DaemonOptions))
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
  /** The schema of the user's tables, a name of at most 48 bytes. Default: `public`. */
  readonly schema?: string
  /** Tables of `schema` that neither rollback nor wipe touches. */
  readonly immuneTables?: readonly string[]
  /** The folder that `sql/` and `.pawl/` are in. Default: the config file's folder, else the working directory. */
  readonly directory?: string
  /** What happens when what is indexed does not fit any more. */
  readonly reindex?: ReindexPolicy
  /** Change it when `on_reindex` makes other tables than before and no script of `sql/on_reindex` says so. */
  readonly schemaVersion?: number | string
  /** What is followed: by name, a handler over a datasource. */
  readonly indexes?: Indexes
  /** User code that is fired by name: made with `hook({ … })`. */
  readonly hooks?: Hooks
  /** When hooks are fired by themselves: by crontab, by interval, or as daemons. */
  readonly jobs?: Jobs
  /** Jobs wait until the first time that every index is synchronized. Default: false. */
  readonly postponeJobs?: boolean
  /** Of jobs that do not say. */
  readonly jobDefaults?: JobDefaults
  /** How long firings of jobs that ended are kept: seconds, or `'12h'`, `'30d'`. Default: 14 days. */
  readonly jobHistory?: number | string
  /** Time zone of crontabs that name none. Default: `UTC`. */
  readonly timezone?: string

  /** Every start, after the database is ready and before any indexing. */
  readonly on_restart?: (ctx: HookContext) => Promise<void> | void
  /** The database is new or was wiped: create tables, views, seed rows here. As all of these but `on_index_rollback`, it
   * runs after the scripts of its `sql/` folder. */
  readonly on_reindex?: (ctx: HookContext) => Promise<void> | void
  /** Every time that all indexes have reached their heads. */
  readonly on_synchronized?: (ctx: HookContext) => Promise<void> | void
  /**
   * Levels `toLevel + 1` to `fromLevel` left the chain. Default: `ctx.rollback(index, fromLevel, toLevel)`. Fired again where it fails
   * with what may pass, as a lost connection does: what is undone by then stays so.
   */
  readonly on_index_rollback?: (
    ctx: HookContext,
    index: string,
    fromLevel: number,
    toLevel: number,
  ) => Promise<void> | void

  /**
   * What this process does of it, where several share the work: `indexer`, `scheduler`, `worker`. They need a PostgreSQL server that
   * all of them reach. Default: everything.
   */
  readonly roles?: readonly Role[]
  /**
   * Of the indexes, those that this process may follow, where several processes share them: each index has one process at work, and
   * goes to another that may follow it when that is gone. All of them set it then. Default: all indexes, by one process.
   */
  readonly follow?: readonly string[]
  /** Who tells the workers to run durable firings: `graphileWorker({ … })` of `pawl/graphile-worker`. Default: Pawl itself. */
  readonly executor?: Executor
  /** How long a stop waits for what still runs, in ms; then it is cut off and rolled back. Default: 4000. */
  readonly drainTimeout?: number
  /**
   * Answers `/health` and `/ready` over HTTP from the start to the end, also while standing by. `host` is 127.0.0.1 where left
   * out. Default: nothing is listened on.
   */
  readonly monitoring?: MonitoringOptions
  /**
   * Serves a page to look at Pawl while it runs, fire hooks and run jobs: at 127.0.0.1:7295, for who has its token. `pawl inspect`
   * prints the address. Default: false.
   */
  readonly inspector?: boolean | InspectorOptions
  /** Where messages go. Default: nowhere; `pawl run` prints them. */
  readonly logger?: Logger
  /** Default: the machine's. */
  readonly clock?: Clock
}
