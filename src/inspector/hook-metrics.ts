import type { PawlEvent } from '../events.ts'
import { MetricGroup } from './metric.ts'

/** How many durable firings there are of a hook, in a state, and how old the oldest is, in s. */
export interface QueueCount {
  readonly hook: string
  readonly state: string
  readonly count: number
  readonly oldest: number
}

/** s: from a statement to a slow service. */
const DURATIONS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300]

/** What hooks have done since the start, and what waits on their queue. */
export class HookMetrics extends MetricGroup {
  readonly #firings = this.counter('pawl_hook_firings_total', 'Firings of hooks that ended')
  readonly #duration = this.histogram(
    'pawl_hook_duration_seconds',
    'Time that firings of hooks took',
    DURATIONS,
  )
  readonly #running = this.gauge('pawl_hook_firings_running', 'Firings that run')
  readonly #retries = this.counter(
    'pawl_hook_retries_total',
    'Durable firings that failed and are tried again',
  )
  readonly #dead = this.counter('pawl_hook_dead_total', 'Durable firings that failed for the last time')
  readonly #dropped = this.counter(
    'pawl_hook_dropped_total',
    'Durable firings whose level left the chain before they ran',
  )
  readonly #queued = this.gauge('pawl_hook_queue_size', 'Durable firings that wait, run or are dead')
  readonly #oldest = this.gauge(
    'pawl_hook_queue_oldest_age_seconds',
    'Time since the oldest of them was queued',
  )

  /** Ids of the firings that run. */
  readonly #open = new Set<string>()

  constructor(hooks: readonly string[]) {
    super()
    for (const hook of hooks) {
      this.#firings.expect({ hook, outcome: 'finished' }, { hook, outcome: 'failed' })
      for (const metric of [this.#running, this.#retries, this.#dead, this.#dropped]) metric.expect({ hook })
    }
  }

  count(event: PawlEvent): void {
    switch (event.type) {
      case 'hook.started':
        this.#open.add(event.firing)
        return this.#running.add({ hook: event.hook })
      case 'hook.finished':
        return this.#ended(event, 'finished')
      case 'hook.failed':
        return this.#ended(event, 'failed')
      case 'hook.retrying':
        return this.#retries.add({ hook: event.hook })
      case 'hook.dead':
        return this.#dead.add({ hook: event.hook })
      case 'hook.dropped':
        return this.#dropped.add({ hook: event.hook })
      default:
        return undefined
    }
  }

  /** undefined: the database does not tell, and what it told before may be wrong by now. */
  look(queue: readonly QueueCount[] | undefined): void {
    this.#queued.clear()
    this.#oldest.clear()
    for (const { hook, state, count, oldest } of queue ?? []) {
      this.#queued.set({ hook, state }, count)
      this.#oldest.set({ hook, state }, Math.max(0, oldest))
    }
  }

  #ended(
    { firing, hook, duration }: Extract<PawlEvent, { type: 'hook.finished' | 'hook.failed' }>,
    outcome: string,
  ): void {
    // One that was refused never ran.
    if (this.#open.delete(firing)) this.#running.add({ hook }, -1)
    this.#firings.add({ hook, outcome })
    this.#duration.observe({ hook }, duration / 1_000)
  }
}
