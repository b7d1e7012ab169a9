import type { Clock } from '../clock.ts'
import { LIFECYCLE_STATES, type PawlEvent } from '../events.ts'
import type { HealthReport } from './health.ts'
import { HookMetrics, type QueueCount } from './hook-metrics.ts'
import { IndexMetrics } from './index-metrics.ts'
import { JobMetrics } from './job-metrics.ts'
import { MetricGroup } from './metric.ts'
import { ProcessMetrics } from './process-metrics.ts'

export interface MetricsOptions {
  readonly version: string
  /** Names in the config: what has not happened to them yet is counted as 0. */
  readonly hooks: readonly string[]
  readonly jobs: readonly string[]
  readonly clock: Pick<Clock, 'now'>
}

/** What is looked at when somebody asks. */
export interface Look extends HealthReport {
  /** This process holds the lease of its schema. */
  readonly holdsLease: boolean
  /** undefined: the database does not tell. */
  readonly queue: readonly QueueCount[] | undefined
}

/** What a root has done since its start, from its events, as Prometheus reads it. */
export class Metrics {
  readonly #root = new MetricGroup()
  readonly #state = this.#root.gauge('pawl_state', '1 for the state that the lifecycle is in')
  readonly #lease = this.#root.gauge(
    'pawl_lease_held',
    '1 while this process holds the lease; 0: it stands by',
  )
  readonly #reindexes = this.#root.counter(
    'pawl_reindexes_total',
    'Times that the database was made, or made again',
  )
  readonly #indexes = new IndexMetrics()
  readonly #hooks: HookMetrics
  readonly #jobs: JobMetrics
  readonly #process: ProcessMetrics
  readonly #clock: Pick<Clock, 'now'>

  constructor({ version, hooks, jobs, clock }: MetricsOptions) {
    this.#hooks = new HookMetrics(hooks)
    this.#jobs = new JobMetrics(jobs)
    this.#process = new ProcessMetrics(version)
    this.#clock = clock
  }

  /** Every event of the root, once. */
  count(event: PawlEvent): void {
    if (event.type === 'reindex') this.#reindexes.add({ reason: event.reason })
    this.#indexes.count(event)
    this.#hooks.count(event)
    this.#jobs.count(event, this.#clock.now())
  }

  /** The text of `/metrics`. */
  write({ state, indexes, holdsLease, queue }: Look): string {
    for (const each of LIFECYCLE_STATES) this.#state.set({ state: each }, Number(each === state))
    this.#lease.set({}, Number(holdsLease))
    this.#indexes.look(Object.values(indexes), this.#clock.now())
    this.#hooks.look(queue)
    this.#process.look()
    const groups = [this.#root, this.#indexes, this.#hooks, this.#jobs, this.#process]
    return `${groups.flatMap((group) => group.lines()).join('\n')}\n`
  }

  /** Measures no more. */
  close(): void {
    this.#process.close()
  }
}
