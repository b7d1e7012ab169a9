import { EventEmitter } from 'node:events'
import type * as Graphile from 'graphile-worker'
import type { ReceiverNames } from '../hooks/executor.ts'
import { GraphileSessions } from './graphile-sessions.ts'

export interface GraphileRunOptions {
  readonly graphile: typeof Graphile
  readonly settings: { readonly schema: string; readonly logger: Graphile.Logger }
  readonly url: string
  readonly concurrency: number
  readonly tasks: readonly (readonly [task: string, work: () => Promise<void>])[]
  readonly names: ReceiverNames
}

/** Connections: one listens; getting and completing jobs is done for many of them at once. */
const CONNECTIONS = 4
/** ms between two looks for jobs that have become due: of those graphile-worker is not told. */
const POLLING = 500
/** ms that graphile-worker has to end, once what it ran has. */
const PATIENCE = 3_000

/**
 * One run of graphile-worker, on sessions of its own. It is over for good when one of them ends, or graphile-worker says that it
 * cannot go on: an answer may have been lost, so that it may hold jobs, and a whole queue, of which it does not know; and 0.17 often
 * never ends once it failed to note that a job is done.
 */
export class GraphileRun {
  /** Resolves, with the reason, when another one has to take its place. */
  readonly broken: Promise<unknown>
  readonly #options: GraphileRunOptions
  readonly #sessions: GraphileSessions
  readonly #working = new Set<Promise<void>>()
  #break: (reason: unknown) => void = () => {}
  #runner: Graphile.Runner | undefined
  #receiver: string | undefined
  #ending: Promise<void> | undefined
  #over = false

  constructor(options: GraphileRunOptions) {
    this.#options = options
    this.broken = new Promise((resolve) => (this.#break = resolve))
    this.#sessions = new GraphileSessions({
      url: options.url,
      size: CONNECTIONS,
      lost: (reason) => this.#break(reason),
    })
  }

  /** @throws what the database does: then it has ended */
  async start(): Promise<void> {
    try {
      await Promise.race([this.#run(), this.broken.then((reason) => Promise.reject(reason))])
    } catch (error) {
      await this.end()
      throw error
    }
  }

  /** Takes no more; resolves when what it runs is done, and nothing is held under its name by anybody who works. Idempotent. */
  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #run(): Promise<void> {
    const { graphile, settings, concurrency, tasks } = this.#options
    const runner = await graphile.run({
      ...settings,
      pgPool: this.#sessions.pool,
      events: this.#events(),
      concurrency,
      pollInterval: POLLING,
      // Signals are for Pawl, and so is a folder's crontab file not for it.
      noHandleSignals: true,
      parsedCronItems: [],
      taskList: Object.fromEntries(tasks.map(([task, work]) => [task, () => this.#work(work)])),
      preset: {
        worker: {
          // No `localQueue`: a session that ends while it gives jobs back is a rejection that nobody handles. And one job is for many
          // firings, so that little would be won. Not batched, a failure to note one is such a rejection, too, and would end this
          // process.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    })
    this.#runner = runner
    const end = (reason: unknown): void => this.#break(reason ?? new Error('it ended'))
    runner.promise.then(end, end)
    // It came after this was given up.
    if (this.#over) void stop(runner)
  }

  async #end(): Promise<void> {
    const stopped = stop(this.#runner)
    // A job that it was about to get runs, too.
    do await Promise.race([Promise.allSettled([stopped, ...this.#working]), this.#patience()])
    while (this.#working.size > 0)
    this.#over = true
    this.#sessions.close()
    if (this.#receiver !== undefined) this.#options.names.left(this.#receiver)
  }

  #events(): Graphile.WorkerEvents {
    const events: Graphile.WorkerEvents = new EventEmitter()
    events.once('pool:create', ({ workerPool }) => {
      this.#receiver = workerPool.id
      this.#options.names.held(workerPool.id)
    })
    events.on('pool:listen:success', ({ client }) => this.#sessions.keeps(client))
    events.on('pool:fatalError', ({ error }) => this.#break(error))
    events.on('pool:gracefulShutdown', ({ message }) => this.#break(new Error(message)))
    return events
  }

  async #work(work: () => Promise<void>): Promise<void> {
    if (this.#over) throw new Error('this run of graphile-worker is over')
    const working = work()
    this.#working.add(working)
    try {
      await working
    } finally {
      this.#working.delete(working)
    }
  }

  #patience(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())
  }
}

async function stop(runner: Graphile.Runner | undefined): Promise<void> {
  try {
    await runner?.stop()
  } catch {
    // It had stopped by itself.
  }
}
