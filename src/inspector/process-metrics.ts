import { monitorEventLoopDelay } from 'node:perf_hooks'
import { MetricGroup } from './metric.ts'

/** ms between two looks at how late the event loop is. prom-client's 10 took some 5 % of a busy process. */
const RESOLUTION = 50
const STARTED = Date.now() / 1_000 - process.uptime()

/** Of the process itself, by the names that prom-client's default metrics have, so that dashboards for Node show them. */
export class ProcessMetrics extends MetricGroup {
  readonly #build = this.gauge('pawl_build_info', '1; the versions are labels')
  readonly #started = this.gauge(
    'process_start_time_seconds',
    'When the process started, as a Unix timestamp',
  )
  readonly #cpu = this.counter('process_cpu_seconds_total', 'User and system CPU time')
  readonly #resident = this.gauge('process_resident_memory_bytes', 'Resident memory')
  readonly #heap = this.gauge('nodejs_heap_size_used_bytes', 'Used heap of JavaScript')
  readonly #external = this.gauge(
    'nodejs_external_memory_bytes',
    'Memory of buffers and of what is not JavaScript',
  )
  readonly #mean = this.gauge(
    'nodejs_eventloop_lag_mean_seconds',
    'Mean delay of the event loop since the last look',
  )
  readonly #p99 = this.gauge('nodejs_eventloop_lag_p99_seconds', '99 % were shorter, since the last look')
  readonly #max = this.gauge('nodejs_eventloop_lag_max_seconds', 'The longest since the last look')
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION })

  constructor(version: string) {
    super()
    this.#build.set({ version, node: process.version }, 1)
    this.#started.set({}, STARTED)
    this.#delay.enable()
  }

  look(): void {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed, external } = process.memoryUsage()
    this.#cpu.set({}, (user + system) / 1e6)
    this.#resident.set({}, rss)
    this.#heap.set({}, heapUsed)
    this.#external.set({}, external)
    // Without a sample there is no mean. What is measured is the time between looks.
    const seconds = (delay: number): number =>
      Math.max(0, (Number.isNaN(delay) ? 0 : delay) / 1e9 - RESOLUTION / 1e3)
    this.#mean.set({}, seconds(this.#delay.mean))
    this.#p99.set({}, seconds(this.#delay.percentile(99)))
    this.#max.set({}, seconds(this.#delay.max))
    this.#delay.reset()
  }

  close(): void {
    this.#delay.disable()
  }
}
