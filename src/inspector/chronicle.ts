import type { PawlEvent } from '../events.ts'
import type { ShownLifecycle, ShownRollback } from './protocol.ts'

export interface NotedEvent {
  readonly n: number
  readonly time: number
  readonly event: PawlEvent
}

const MOST_EVENTS = 300
/** Few, and worth more than others. */
const MOST_RARE = 100

/**
 * The last of what a root emitted, for a viewer that comes late. It only keeps what it is given: a push an event, and no
 * arguments of users, which may be large, as long as nobody looks.
 */
export class Chronicle {
  #events: NotedEvent[] = []
  readonly rollbacks: ShownRollback[] = []
  readonly lifecycle: ShownLifecycle[] = []
  readonly #now: () => number
  #n = 0
  /** Somebody looks. */
  watched = false

  constructor(now: () => number) {
    this.#now = now
  }

  get last(): number {
    return this.#n
  }

  /** Every event of the root, once. */
  add(event: PawlEvent): void {
    // So many a second that they would be all that is kept; the index's status says the same.
    if (event.type === 'index.progress') return
    const time = this.#now()
    this.#n += 1
    const n = this.#n
    if (event.type === 'lifecycle') keep(this.lifecycle, { n, time, state: event.state })
    if (event.type === 'index.rolledBack') {
      const { index, fromLevel, toLevel, duration } = event
      const rows = event.tables.reduce(
        (sum, table) => sum + table.restored + table.changed + table.removed,
        0,
      )
      keep(this.rollbacks, { n, time, index, fromLevel, toLevel, duration, rows })
    }
    this.#events.push({ n, time, event: this.watched ? event : withoutArguments(event) })
    // In bulk: moving them one by one would be most of the work.
    if (this.#events.length > 2 * MOST_EVENTS) this.#events = this.#events.slice(-MOST_EVENTS)
  }

  /** Those after `n`, as far as they are kept. */
  since(n: number): readonly NotedEvent[] {
    const missing = this.#n - n
    return missing <= 0 ? [] : this.#events.slice(-Math.min(missing, MOST_EVENTS))
  }
}

function keep<Item>(items: Item[], item: Item): void {
  items.push(item)
  if (items.length > MOST_RARE) items.shift()
}

const withoutArguments = (event: PawlEvent): PawlEvent =>
  event.type === 'hook.started' ? { ...event, args: {} } : event
