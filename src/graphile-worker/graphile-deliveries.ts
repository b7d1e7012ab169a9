import type { Deliveries } from '../hooks/executor.ts'
import type { Logger } from '../logger.ts'
import { GraphileRun, type GraphileRunOptions } from './graphile-run.ts'

export interface GraphileDeliveriesOptions extends GraphileRunOptions {
  readonly logger: Logger
}

/** ms between the starts of two runs; twice as long after each that did not last, so that a busy machine is not kept busy by it. */
const PATIENCE = 1_000
const LONGEST = 16_000

/** Keeps a run of graphile-worker going: when one is broken, another takes its place while that one ends what it runs. */
export class GraphileDeliveries implements Deliveries {
  readonly #options: GraphileDeliveriesOptions
  /** The last of them takes jobs. */
  readonly #runs = new Set<GraphileRun>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #began = 0
  #patience = PATIENCE

  constructor(options: GraphileDeliveriesOptions) {
    this.#options = options
  }

  /** @throws what the database does */
  async start(): Promise<void> {
    // Without a task it would only complain.
    if (this.#options.tasks.length === 0) return
    this.#began = performance.now()
    const run = new GraphileRun(this.#options)
    this.#runs.add(run)
    try {
      await run.start()
    } catch (error) {
      this.#runs.delete(run)
      throw error
    }
    void this.#replaceWhenBroken(run)
    // Stopped while it started again.
    if (this.#stopped) await run.end()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.all([...this.#runs].map((run) => run.end()))
  }

  async #replaceWhenBroken(run: GraphileRun): Promise<void> {
    const reason = await run.broken
    this.#again(reason)
    await run.end()
    this.#runs.delete(run)
  }

  #again(error: unknown): void {
    if (this.#stopped) return
    this.#options.logger.warn('graphile-worker is started again', { error })
    const lasted = performance.now() - this.#began
    this.#patience = lasted > LONGEST ? PATIENCE : Math.min(LONGEST, this.#patience * 2)
    const wait = Math.max(0, this.#patience / 2 - lasted)
    this.#timer = setTimeout(() => void this.#startAgain(), wait)
  }

  async #startAgain(): Promise<void> {
    try {
      await this.start()
    } catch (error) {
      this.#again(error)
    }
  }
}
