import { checkGraphileOptions } from './graphile-worker/check-graphile-options.ts'
import { openGraphile } from './graphile-worker/open-graphile.ts'
import type { Executor } from './hooks/executor.ts'

/** How the jobs of one hook are queued. */
export interface GraphileHookOptions {
  /** Of graphile-worker: a smaller number comes first. Default: that of all hooks. */
  readonly priority?: number
  /** Jobs of one queue run one after the other, whichever hooks they are of. Default: that of all hooks. */
  readonly queue?: string
}

/** How durable firings become jobs there, and how those are run. */
export interface GraphileWorkerOptions extends GraphileHookOptions {
  /** Firings that a process runs at a time, of all hooks. Default: 10. */
  readonly concurrency?: number
  /** Where graphile-worker's tables are, and are made where they are not. Default: `graphile_worker`. */
  readonly schema?: string
  /** What differs for some hooks, by name. */
  readonly hooks?: Readonly<Record<string, GraphileHookOptions>>
}

/**
 * Durable firings are handed to graphile-worker: each one becomes a job there, in the transaction that queues it, and runs where
 * graphile-worker delivers that. What Pawl promises of durable firings holds as before. Needs the package `graphile-worker`.
 *
 * @example
 * export default defineConfig({ executor: graphileWorker({ concurrency: 20, hooks: { announce: { priority: -1 } } }), … })
 */
export function graphileWorker(options: GraphileWorkerOptions = {}): Executor {
  return {
    name: 'graphile-worker',
    check: (hooks) => checkGraphileOptions(options, hooks),
    open: (project) => openGraphile(options, project),
  }
}

export type { Executor }
