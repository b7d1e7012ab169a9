import type { PawlEvent } from '../events.ts'
import type { IndexStatus } from '../hooks/context.ts'
import { MetricGroup } from './metric.ts'

/** s: from a few rows to a deep reorg of a large table. */
const ROLLBACK_TIMES = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300]
/** Levels: most reorgs of most chains are of one or two. */
const ROLLBACK_DEPTHS = [1, 2, 3, 5, 8, 16, 32, 64, 128, 512]

/** What the indexes have done since the start, and where they stand. */
export class IndexMetrics extends MetricGroup {
  readonly #level = this.gauge('pawl_index_level', 'The last level that is committed')
  readonly #time = this.gauge(
    'pawl_index_level_timestamp_seconds',
    'The time of the block at that level, as a Unix timestamp',
  )
  readonly #head = this.gauge('pawl_index_head_level', 'The newest level that the datasource told of')
  readonly #lag = this.gauge('pawl_index_lag_levels', 'Levels between the head and the last one committed')
  readonly #lagTime = this.gauge(
    'pawl_index_lag_seconds',
    'Time since the last committed block; at the head about a block time, unless the node is stuck',
  )
  readonly #synchronized = this.gauge('pawl_index_synchronized', '1 while the index is at its head')
  readonly #orphaned = this.gauge(
    'pawl_index_orphaned',
    '1 while rows of blocks that left the chain are stored',
  )
  readonly #levels = this.counter('pawl_index_levels_total', 'Levels committed')
  readonly #retries = this.counter(
    'pawl_index_retries_total',
    'Failures of a datasource or database that were tried again',
  )
  readonly #failures = this.counter('pawl_index_failures_total', 'Indexes that stopped by an error')
  readonly #rollbacks = this.counter('pawl_rollbacks_total', 'Reorgs that were undone')
  readonly #rolledBack = this.counter('pawl_rolled_back_levels_total', 'Levels that were undone')
  readonly #depth = this.histogram(
    'pawl_rollback_depth_levels',
    'Levels undone by a rollback',
    ROLLBACK_DEPTHS,
  )
  readonly #duration = this.histogram(
    'pawl_rollback_duration_seconds',
    'Time to undo a reorg',
    ROLLBACK_TIMES,
  )

  count(event: PawlEvent): void {
    switch (event.type) {
      case 'index.progress':
        return this.#levels.add({ index: event.index }, event.levels)
      case 'index.retrying':
        return this.#retries.add({ index: event.index })
      case 'index.failed':
        return this.#failures.add({ index: event.index })
      case 'index.rolledBack': {
        const { index, fromLevel, toLevel, duration } = event
        this.#rollbacks.add({ index })
        this.#rolledBack.add({ index }, fromLevel - toLevel)
        this.#depth.observe({ index }, fromLevel - toLevel)
        return this.#duration.observe({ index }, duration / 1_000)
      }
      default:
        return undefined
    }
  }

  /** `now` in ms. One that was removed is told of no more. */
  look(indexes: readonly IndexStatus[], now: number): void {
    const gauges = [
      this.#level,
      this.#time,
      this.#head,
      this.#lag,
      this.#lagTime,
      this.#synchronized,
      this.#orphaned,
    ]
    for (const gauge of gauges) gauge.clear()
    for (const { name: index, level, timestamp, head, synchronized, orphanedFrom } of indexes) {
      if (level !== undefined) this.#level.set({ index }, level)
      if (head !== undefined) this.#head.set({ index }, head)
      if (level !== undefined && head !== undefined) this.#lag.set({ index }, Math.max(0, head - level))
      if (timestamp !== undefined) {
        this.#time.set({ index }, timestamp)
        this.#lagTime.set({ index }, Math.max(0, now / 1_000 - timestamp))
      }
      this.#synchronized.set({ index }, Number(synchronized))
      this.#orphaned.set({ index }, Number(orphanedFrom !== undefined))
      for (const counter of [this.#levels, this.#retries, this.#failures, this.#rollbacks, this.#rolledBack])
        counter.expect({ index })
    }
  }
}
