import type { PawlEvent } from '../events.ts'
import { formatCount, formatDuration } from './format-number.ts'

type ProgressEvent = Extract<PawlEvent, { type: 'index.progress' }>

/** How fast an index gets on, told from the positions of the last seconds. */
export interface Progress {
  readonly index: string
  readonly level: number
  readonly head: number
  /** Percent of the way from where this catching-up began to `head`. */
  readonly done: number
  /** Levels a second; undefined: too early to tell. */
  readonly rate: number | undefined
  /** Milliseconds until `head`; undefined: unknown, or there already. */
  readonly timeLeft: number | undefined
}

// Long enough that one slow batch does not make the time left jump, short enough to follow a change of pace.
const WINDOW = 10_000
// A rate of the first few milliseconds would be a guess.
const SHORTEST_SPAN = 300

/** Follows one index; a fall of its level (a rollback) starts it anew. */
export class ProgressMeter {
  readonly #samples: { readonly time: number; readonly level: number }[] = []
  #start: number | undefined

  add(event: ProgressEvent, time: number): Progress {
    const last = this.#samples.at(-1)
    if (last !== undefined && event.level < last.level) {
      this.#samples.length = 0
      this.#start = undefined
    }
    this.#start ??= event.level - event.levels
    this.#samples.push({ time, level: event.level })
    while (this.#samples.length > 2 && time - (this.#samples[0]?.time ?? time) > WINDOW) this.#samples.shift()

    const rate = this.#rate()
    const missing = Math.max(0, event.head - event.level)
    const timeLeft = missing > 0 && rate !== undefined && rate > 0 ? (missing / rate) * 1000 : undefined
    const way = event.head - this.#start
    const done = missing === 0 || way <= 0 ? 100 : Math.max(0, Math.floor(((way - missing) / way) * 100))
    return { index: event.index, level: event.level, head: event.head, done, rate, timeLeft }
  }

  #rate(): number | undefined {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.time - first.time < SHORTEST_SPAN) return undefined
    return ((last.level - first.level) / (last.time - first.time)) * 1000
  }
}

/** `transfers 1,200 of 5,000 (24 %) · 350 levels/s · 11 s left`. */
export function describeProgress({ index, level, head, done, rate, timeLeft }: Progress): string {
  return [
    `${index} ${formatCount(level)} of ${formatCount(Math.max(head, level))} (${done} %)`,
    rate === undefined ? '' : `${rate < 10 ? rate.toFixed(1) : formatCount(rate)} levels/s`,
    timeLeft === undefined ? '' : `${formatDuration(timeLeft)} left`,
  ]
    .filter((part) => part !== '')
    .join(' · ')
}
