import type { PawlEvent } from '../events.ts'
import type { IndexStatus } from '../hooks/context.ts'
import { ProgressMeter, type Progress } from '../text/progress.ts'
import { ChangesOf } from './changes-of.ts'
import { FailedIndexes } from './failed-indexes.ts'
import type { ChangesMessage } from './protocol.ts'
import type { Redact } from './redaction.ts'
import { showEvent } from './show-event.ts'
import type { ShownIndex } from './shown.ts'

type Statuses = Readonly<Record<string, IndexStatus>>

/** Where the indexes stand, and how fast they go while it is started. */
export class IndexWatch {
  readonly #statuses: () => Statuses
  readonly #now: () => number
  readonly #redact: Redact
  readonly #changes = new ChangesOf<ShownIndex>()
  readonly #meters = new Map<string, { readonly meter: ProgressMeter; progress: Progress }>()
  /** Heard also while nobody looks: who comes later has to see why they stopped, whatever else was told since. */
  readonly #failed = new FailedIndexes()
  #started = false

  constructor(statuses: () => Statuses, now: () => number, redact: Redact) {
    this.#statuses = statuses
    this.#now = now
    this.#redact = redact
  }

  start(): void {
    this.#started = true
    this.#changes.take(this.all)
  }

  stop(): void {
    this.#started = false
    this.#meters.clear()
    this.#changes.forget()
  }

  hear(event: PawlEvent): void {
    this.#failed.hear(event)
    if (!this.#started) return
    if (event.type === 'index.rolledBack') this.#meters.delete(event.index)
    if (event.type !== 'index.progress') return
    const { meter } = this.#meters.get(event.index) ?? { meter: new ProgressMeter() }
    this.#meters.set(event.index, { meter, progress: meter.add(event, this.#now()) })
  }

  get all(): readonly ShownIndex[] {
    return Object.values(this.#statuses()).map(({ name, level, head, synchronized, orphanedFrom }) => {
      const { rate, timeLeft, done } = this.#meters.get(name)?.progress ?? {}
      return {
        name,
        level,
        head,
        synchronized,
        orphanedFrom,
        failure: this.#failure(name),
        rate: rounded(rate),
        timeLeft: synchronized ? undefined : rounded(timeLeft),
        done,
      }
    })
  }

  #failure(index: string): string | undefined {
    const event = this.#failed.failure(index)
    return event && (showEvent({ n: 0, time: 0, event }, this.#redact)?.details.join(' ') ?? '')
  }

  /** What has changed since it was called before. */
  take(): Pick<ChangesMessage, 'indexes' | 'indexesGone'> {
    const found = this.#changes.take(this.all)
    return found === undefined ? {} : { indexes: found.changed, indexesGone: found.gone }
  }
}

/** Else each look would find another number. */
const rounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : value < 10 ? Math.round(value * 10) / 10 : Math.round(value)
