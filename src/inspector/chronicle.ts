import type { PawlEvent } from '../events.ts'
import type { ShownLifecycle, ShownRollback } from './shown.ts'

export interface NotedEvent {
  readonly n: number
  readonly time: number
  readonly event: PawlEvent
}

/** So many a second that they drown the rest; each of them says that all goes well. */
const ORDINARY: ReadonlySet<string> = new Set(['hook.started', 'hook.finished', 'job.fired'])
/** Of ordinary events, and again of others. */
const MOST_EVENTS = 200
/** Few, and worth more than others. */
const MOST_RARE = 100

/**
 * The last of what a root emitted, for a viewer that comes late. It only keeps what it is given: a push an event, and no
 * arguments of users, which may be large, as long as nobody looks.
 */
export class Chronicle {
  readonly rollbacks: ShownRollback[] = []
  readonly lifecycle: ShownLifecycle[] = []
  readonly #now: () => number
  readonly #followed = new Set<string>()
  #ordinary: NotedEvent[] = []
  #notable: NotedEvent[] = []
  #n = 0
  #ordinaries = 0
  #emitted = 0
  /** Somebody looks. */
  watched = false

  constructor(now: () => number) {
    this.#now = now
  }

  /** The number of the last event that was noted. */
  get last(): number {
    return this.#n
  }

  /** All events, also those that are not noted. */
  get emitted(): number {
    return this.#emitted
  }

  /** Ordinary ones, also those that are not kept any more. */
  get ordinaries(): number {
    return this.#ordinaries
  }

  /** From here on the events of this firing are none of the ordinary: somebody waits for them. */
  follow(firing: string): void {
    this.#followed.add(firing)
    const [oldest = ''] = this.#followed
    if (this.#followed.size > MOST_RARE) this.#followed.delete(oldest)
  }

  /** Every event of the root, once. */
  add(event: PawlEvent): void {
    this.#emitted += 1
    // So many a second that they would be all that is kept; the index's status says the same.
    if (event.type === 'index.progress') return
    const time = this.#now()
    this.#n += 1
    const n = this.#n
    if (event.type === 'lifecycle') keep(this.lifecycle, { n, time, state: event.state })
    if (event.type === 'index.rolledBack') keep(this.rollbacks, { n, time, ...rollbackOf(event) })
    const noted = { n, time, event: this.watched ? event : withoutArguments(event) }
    if (this.#isOrdinary(event)) {
      this.#ordinaries += 1
      this.#ordinary = pushed(this.#ordinary, noted)
    } else this.#notable = pushed(this.#notable, noted)
  }

  /** Those after `n`, as far as they are kept, without the ordinary. */
  notableSince(n: number): readonly NotedEvent[] {
    return after(this.#notable, n)
  }

  ordinarySince(n: number): readonly NotedEvent[] {
    return after(this.#ordinary, n)
  }

  #isOrdinary(event: PawlEvent): boolean {
    if (!ORDINARY.has(event.type)) return false
    return this.#followed.size === 0 || !('firing' in event && this.#followed.has(event.firing))
  }
}

function keep<Item>(items: Item[], item: Item): void {
  items.push(item)
  if (items.length > MOST_RARE) items.shift()
}

/** Cut in bulk: moving them one by one would be most of the work. */
function pushed(events: NotedEvent[], event: NotedEvent): NotedEvent[] {
  events.push(event)
  return events.length > 2 * MOST_EVENTS ? events.slice(-MOST_EVENTS) : events
}

function after(events: readonly NotedEvent[], n: number): readonly NotedEvent[] {
  let from = events.length
  while (from > 0 && (events[from - 1]?.n ?? 0) > n) from -= 1
  return events.slice(Math.max(from, events.length - MOST_EVENTS))
}

function rollbackOf(
  event: Extract<PawlEvent, { type: 'index.rolledBack' }>,
): Omit<ShownRollback, 'n' | 'time'> {
  const { index, fromLevel, toLevel, duration, tables } = event
  const rows = tables.reduce((sum, { restored, changed, removed }) => sum + restored + changed + removed, 0)
  return { index, fromLevel, toLevel, duration, rows }
}

const withoutArguments = (event: PawlEvent): PawlEvent =>
  event.type === 'hook.started' ? { ...event, args: {} } : event
