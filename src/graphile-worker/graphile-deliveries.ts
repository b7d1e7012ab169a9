import { EventEmitter } from 'node:events'
import type * as Graphile from 'graphile-worker'
import type { Deliveries } from '../hooks/executor.ts'
import type { Logger } from '../logger.ts'

export interface GraphileDeliveriesOptions {
  readonly graphile: typeof Graphile
  readonly settings: { readonly schema: string; readonly logger: Graphile.Logger }
  readonly openPool: (size: number) => Pool
  readonly concurrency: number
  readonly tasks: readonly (readonly [task: string, work: () => Promise<void>])[]
  readonly logger: Logger
  readonly held: (receiver: string) => void
}

type Pool = NonNullable<Graphile.WorkerUtilsOptions['pgPool']>

/** Connections: one listens; getting and completing jobs is done for many of them at once. */
const CONNECTIONS = 4
/** ms between two looks for jobs that have become due: of those graphile-worker is not told. */
const POLLING = 500
/** ms until it starts again when graphile-worker gave up. */
const PATIENCE = 1_000

/** Runs one pool of graphile-worker for all hooks, and another one where it gave up: it does when it cannot complete a job for minutes. */
export class GraphileDeliveries implements Deliveries {
  readonly #options: GraphileDeliveriesOptions
  #runner: Graphile.Runner | undefined
  #pool: Pool | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: GraphileDeliveriesOptions) {
    this.#options = options
  }

  /** @throws what the database does */
  async start(): Promise<void> {
    const { graphile, settings, openPool, concurrency, tasks, held } = this.#options
    // Without a task it would only complain.
    if (tasks.length === 0) return
    const events: Graphile.WorkerEvents = new EventEmitter()
    events.once('pool:create', ({ workerPool }) => held(workerPool.id))
    this.#pool ??= openPool(CONNECTIONS)
    const runner = await graphile.run({
      ...settings,
      pgPool: this.#pool,
      events,
      concurrency,
      pollInterval: POLLING,
      // Signals are for Pawl, and so is a folder's crontab file not for it.
      noHandleSignals: true,
      parsedCronItems: [],
      taskList: Object.fromEntries(tasks),
      preset: {
        worker: {
          // No `localQueue`: a session that ends while it gives jobs back is a rejection that nobody handles. And one job is for many
          // firings, so that little would be won. Not batched, a failure to note one is such a rejection, too, and would end this process.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    })
    this.#runner = runner
    // Stopped while it started again.
    if (this.#stopped) return this.#end()
    runner.promise.then(
      () => this.#again('it ended'),
      (error: unknown) => this.#again(error),
    )
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#end()
  }

  async #end(): Promise<void> {
    await this.#runner?.stop()
    const pool = this.#pool
    this.#pool = undefined
    await pool?.end()
  }

  #again(error: unknown): void {
    if (this.#stopped) return
    const { logger } = this.#options
    logger.warn('graphile-worker stopped by itself, and is started again', { error })
    this.#timer = setTimeout(() => void this.#startAgain(), PATIENCE)
  }

  async #startAgain(): Promise<void> {
    try {
      await this.start()
    } catch (error) {
      this.#again(error)
    }
  }
}
