import type { PawlEvent } from '../events.ts'
import { MetricGroup, type Labels } from './metric.ts'

/** s: from a busy event loop to a process that was down over night. */
const LATENESS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 3_600, 86_400]

/** Not `job`: that is the name of what Prometheus scrapes, and it would rename ours. */
const labels = ({ job }: { readonly job: string }): Labels => ({ job_name: job })

/** What jobs have done since the start. */
export class JobMetrics extends MetricGroup {
  readonly #fired = this.counter('pawl_job_firings_total', 'Firings of jobs that began')
  readonly #lateness = this.histogram(
    'pawl_job_lateness_seconds',
    'Time from when a job was due to when its firing began',
    LATENESS,
  )
  readonly #missed = this.counter(
    'pawl_job_missed_total',
    'Fire times that were not run because they were too late',
  )
  readonly #skipped = this.counter(
    'pawl_job_skipped_total',
    'Fire times that were not run for a rule of the job',
  )
  readonly #failed = this.counter(
    'pawl_job_failed_total',
    'Firings of jobs that failed for good, and ends of daemons',
  )
  readonly #retried = this.counter('pawl_job_retried_total', 'Firings of jobs that failed and are run again')
  readonly #success = this.gauge(
    'pawl_job_last_success_timestamp_seconds',
    'When a firing of the job last finished since the start, as a Unix timestamp',
  )

  constructor(jobs: readonly string[]) {
    super()
    for (const job of jobs) {
      for (const counter of [this.#fired, this.#failed, this.#retried]) counter.expect(labels({ job }))
      this.#missed.expect({ ...labels({ job }), reason: 'late' }, { ...labels({ job }), reason: 'down' })
      this.#skipped.expect({ ...labels({ job }), reason: 'maxInstances' })
    }
  }

  /** `now` in ms. */
  count(event: PawlEvent, now: number): void {
    switch (event.type) {
      case 'job.fired':
        if (event.fireTime !== undefined)
          this.#lateness.observe(labels(event), Math.max(0, now - event.fireTime.getTime()) / 1_000)
        return this.#fired.add(labels(event))
      case 'job.missed':
        return this.#missed.add({ ...labels(event), reason: event.reason }, event.count)
      case 'job.skipped':
        return this.#skipped.add({ ...labels(event), reason: event.reason })
      case 'job.failed':
        return this.#failed.add(labels(event))
      case 'job.retried':
        return this.#retried.add(labels(event))
      case 'hook.finished':
        if (event.origin.type === 'job') this.#success.set(labels(event.origin), now / 1_000)
        return undefined
      default:
        return undefined
    }
  }
}
