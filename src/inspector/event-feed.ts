import type { Chronicle, NotedEvent } from './chronicle.ts'
import type { ChangesMessage } from './protocol.ts'
import type { Redact } from './redaction.ts'
import { showEvent } from './show-event.ts'
import type { ShownEvent } from './shown.ts'

/** In one message. */
const MOST_NOTABLE = 100
/** In one message: with five a second more lines than a person reads. */
const MOST_ORDINARY = 20

export interface NewEvents extends Pick<ChangesMessage, 'rollbacks' | 'lifecycle' | 'leftOut'> {
  readonly notable?: readonly ShownEvent[]
  readonly ordinary?: readonly ShownEvent[]
}

/** Tells what the chronicle has, once. */
export class EventFeed {
  readonly #chronicle: Chronicle
  readonly #redact: Redact
  #told = { n: 0, ordinaries: 0 }

  constructor(chronicle: Chronicle, redact: Redact) {
    this.#chronicle = chronicle
    this.#redact = redact
  }

  /** What is there by now is not told as new. */
  start(): void {
    this.#told = { n: this.#chronicle.last, ordinaries: this.#chronicle.ordinaries }
  }

  /** All that is kept, in order. */
  all(withOrdinary: boolean): readonly ShownEvent[] {
    const chronicle = this.#chronicle
    return inOrder([
      ...this.#show(chronicle.notableSince(0)),
      ...(withOrdinary ? this.#show(chronicle.ordinarySince(0)) : []),
    ])
  }

  /** What is new since it was called before. */
  take(withOrdinary: boolean): NewEvents {
    const chronicle = this.#chronicle
    const { n, ordinaries } = this.#told
    if (chronicle.last === n) return {}
    const notable = chronicle.notableSince(n)
    const ordinary = withOrdinary ? chronicle.ordinarySince(n).slice(-MOST_ORDINARY) : []
    const leftOut =
      Math.max(0, notable.length - MOST_NOTABLE) +
      (withOrdinary ? chronicle.ordinaries - ordinaries - ordinary.length : 0)
    const rollbacks = chronicle.rollbacks.filter((one) => one.n > n)
    const lifecycle = chronicle.lifecycle.filter((one) => one.n > n)
    this.start()
    return {
      ...(notable.length === 0 ? {} : { notable: this.#show(notable.slice(-MOST_NOTABLE)) }),
      ...(ordinary.length === 0 ? {} : { ordinary: this.#show(ordinary) }),
      ...(leftOut === 0 ? {} : { leftOut }),
      ...(rollbacks.length === 0 ? {} : { rollbacks }),
      ...(lifecycle.length === 0 ? {} : { lifecycle }),
    }
  }

  #show(events: readonly NotedEvent[]): readonly ShownEvent[] {
    return events.flatMap((event) => showEvent(event, this.#redact) ?? [])
  }
}

export const inOrder = (events: readonly ShownEvent[]): readonly ShownEvent[] =>
  events.toSorted((one, other) => one.n - other.n)
