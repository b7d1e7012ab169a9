import { CALLBACK, checkOptions, type OptionRules } from '../config/check-options.ts'
import type { Clock } from '../clock.ts'

/** Longer delays make Node's timers run after 1 ms; this clock does the same, so that tests notice. */
const LONGEST_DELAY = 2 ** 31 - 1

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** When it begins, and what it waits for. */
export interface TestClockOptions {
  /** The time it begins at. Default: 2020-01-01T00:00:00Z. */
  readonly start?: Date | number
  /**
   * Awaited after each timer that ran: resolve it when what the timer began has come to rest. Default: a few turns of the
   * event loop, which is enough for promises and not for a database or a network.
   */
  readonly settle?: () => Promise<void>
}

const RULES: OptionRules<TestClockOptions> = {
  start: {
    expected: 'a Date, or ms since 1970',
    passes: (value) => !Number.isNaN(new Date(value as Date).getTime()),
  },
  settle: CALLBACK,
}

/**
 * A clock that stands still until it is told: hours pass in milliseconds, and nothing runs by itself.
 *
 * @example
 * const clock = new TestClock({ start: new Date('2026-03-29T00:00:00Z') })
 * const root = createActor(pawl({ ...config, clock })).start()
 * await clock.advance(3_600_000)
 */
export class TestClock implements Clock {
  readonly #settle: () => Promise<void>
  readonly #timers = new Set<Timer>()
  /** What timers count by; the wall's time is this much plus `#offset`. */
  #elapsed = 0
  #offset: number
  #order = 0

  constructor(options: TestClockOptions = {}) {
    checkOptions('TestClock', options, RULES)
    this.#offset = new Date(options.start ?? '2020-01-01T00:00:00Z').getTime()
    this.#settle = options.settle ?? aFewTurns
  }

  now(): number {
    return this.#offset + this.#elapsed
  }

  setTimeout(run: () => void, delay: number): unknown {
    // As Node does: no delay below 1 ms, and none that is no number or too long.
    const ms = delay >= 1 && delay <= LONGEST_DELAY ? Math.trunc(delay) : 1
    const timer: Timer = { at: this.#elapsed + ms, order: this.#order++, run }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer)
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets `ms` pass: runs every timer that comes due, in order, each at its own time, and lets things settle in between. */
  async advance(ms: number): Promise<void> {
    await this.#settle()
    const until = this.#elapsed + ms
    for (let timer = this.#firstUntil(until); timer !== undefined; timer = this.#firstUntil(until)) {
      // Never back: a timer set while another clock change was settling may be due already.
      this.#elapsed = Math.max(this.#elapsed, timer.at)
      this.#timers.delete(timer)
      timer.run()
      await this.#settle()
    }
    this.#elapsed = until
  }

  /**
   * Lets `ms` pass in one leap, as a suspended laptop or a blocked event loop does: only then run the timers that came due,
   * late, each once.
   */
  async leap(ms: number): Promise<void> {
    this.#elapsed += ms
    await this.advance(0)
  }

  /** Sets the wall clock, forward or back, as NTP or a person does. Timers do not notice. */
  set(wallTime: Date | number): void {
    this.#offset = new Date(wallTime).getTime() - this.#elapsed
  }

  #firstUntil(until: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.at > until) continue
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer
    }
    return first
  }
}

async function aFewTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}
