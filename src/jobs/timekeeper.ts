import { LONGEST_SLEEP, type Clock } from '../clock.ts'
import { FireHeap } from './fire-heap.ts'

/**
 * A clock set back by less than this is waited for: fire times that have been are not run again. One set back further was
 * wrong before, and everything is reckoned anew from the new time. Three hours, as in Vixie cron.
 */
export const LARGEST_WAIT = 3 * 3_600_000

export interface TimekeeperEvents<Key> {
  /** The time that was set for `key` has come; it has none any more. */
  readonly due: (key: Key, now: number) => void
  /** The clock was set back by more than `LARGEST_WAIT`: set all times anew. */
  readonly setBack: (now: number) => void
}

/** One timer for any number of wake-up times. */
export class Timekeeper<Key> {
  readonly #clock: Clock
  readonly #events: TimekeeperEvents<Key>
  readonly #heap = new FireHeap<Key>()
  #timer: unknown
  #armedFor: number | undefined
  /** Those that are due after a time, not at one. */
  readonly #elapsing = new Set<Key>()
  /** What the clock says at least, unless it was set back. */
  #seen: number
  /** The latest time seen: a clock that is set back in small steps adds up. */
  #latest: number
  #running = false

  constructor(clock: Clock, events: TimekeeperEvents<Key>) {
    this.#clock = clock
    this.#events = events
    this.#latest = clock.now()
    this.#seen = this.#latest
  }

  /** Sets when `key` is due; a time that has passed is due at the next turn. */
  set(key: Key, at: number): void {
    this.#elapsing.delete(key)
    this.#put(key, at)
  }

  /** Sets that `key` is due after `delay` ms: a clock that is set back does not make it wait for longer. */
  wait(key: Key, delay: number): void {
    const now = this.#clock.now()
    this.#follow(now)
    this.#elapsing.add(key)
    this.#put(key, now + delay)
  }

  /** When `key` is due, in ms. */
  get(key: Key): number | undefined {
    return this.#heap.get(key)
  }

  delete(key: Key): void {
    this.#elapsing.delete(key)
    this.#heap.delete(key)
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    this.#latest = this.#clock.now()
    this.#arm()
  }

  /** Nothing is due from now on. */
  stop(): void {
    this.#running = false
    this.#disarm()
  }

  #put(key: Key, at: number): void {
    this.#heap.set(key, at)
    if (this.#running && at < (this.#armedFor ?? Infinity)) this.#arm()
  }

  /** Goes back with the clock what counts elapsed time. */
  #follow(now: number): void {
    const back = this.#seen - now
    this.#seen = now
    if (back <= 0) return
    for (const key of this.#elapsing) {
      const at = this.#heap.get(key)
      if (at !== undefined) this.#heap.set(key, at - back)
    }
  }

  #arm(): void {
    this.#disarm()
    const now = this.#clock.now()
    this.#follow(now)
    const sleep = Math.min(Math.max((this.#heap.first ?? Infinity) - now, 0), LONGEST_SLEEP)
    this.#armedFor = now + sleep
    this.#timer = this.#clock.setTimeout(() => this.#wake(), sleep)
  }

  #disarm(): void {
    if (this.#armedFor !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#armedFor = undefined
  }

  #wake(): void {
    // So much has passed.
    this.#seen = Math.max(this.#seen, this.#armedFor ?? 0)
    this.#armedFor = undefined
    const now = this.#clock.now()
    this.#follow(now)
    if (now < this.#latest - LARGEST_WAIT) {
      this.#latest = now
      this.#events.setBack(now)
    }
    this.#latest = Math.max(this.#latest, now)
    // Those set again while this runs are after `now`, or wait for the next turn.
    const due: Key[] = []
    for (let key = this.#heap.takeUntil(now); key !== undefined; key = this.#heap.takeUntil(now))
      due.push(key)
    for (const key of due) this.#elapsing.delete(key)
    for (const key of due) this.#events.due(key, now)
    if (this.#running) this.#arm()
  }
}
