import type { Clock } from '../clock.ts'
import type { PawlEvent } from '../events.ts'
import { clockTime } from './describe-event.ts'
import { formatCount, formatDuration, plural } from './format-number.ts'
import type { LineWriter } from './line-writer.ts'
import { describeProgress, ProgressMeter } from './progress.ts'
import type { Style } from './style.ts'

type ProgressEvent = Extract<PawlEvent, { type: 'index.progress' }>

interface FollowedIndex {
  readonly meter: ProgressMeter
  since: number
  levels: number
  /** Has been synchronized since it was first seen or rolled back. */
  caughtUp: boolean
  lastLine: number
  status: string
}

// On a pipe: often enough to see it live, seldom enough that a day of catching up is not the whole log.
const PLAIN_LINE_EVERY = 5_000
// At the head every block is a small catching-up of its own; only one that fell behind is news.
const LEVELS_WORTH_A_LINE = 20

/** The progress of all indexes: a status line on a terminal, plain lines elsewhere, and a line when one has caught up. */
export class ProgressReport {
  readonly #writer: LineWriter
  readonly #style: Style
  readonly #clock: Pick<Clock, 'now'>
  readonly #indexes = new Map<string, FollowedIndex>()

  constructor(writer: LineWriter, style: Style, clock: Pick<Clock, 'now'>) {
    this.#writer = writer
    this.#style = style
    this.#clock = clock
  }

  add(event: ProgressEvent): void {
    const now = this.#clock.now()
    const index = this.#follow(event.index, now)
    index.levels += event.levels
    index.status = event.synchronized
      ? `${event.index} at ${formatCount(event.level)}`
      : describeProgress(index.meter.add(event, now))

    if (event.synchronized && (!index.caughtUp || index.levels >= LEVELS_WORTH_A_LINE)) {
      this.#caughtUp(event, index, now)
    } else if (!this.#writer.redraws && now - index.lastLine >= PLAIN_LINE_EVERY) {
      this.#line(index, now, index.status)
    }
    if (event.synchronized) Object.assign(index, { caughtUp: true, levels: 0, since: now })
    this.#draw()
  }

  /** Catching up after it is another one, with its own count and time. */
  rolledBack(name: string): void {
    this.#indexes.delete(name)
    this.#draw()
  }

  end(): void {
    this.#writer.status(undefined)
  }

  #follow(name: string, now: number): FollowedIndex {
    const known = this.#indexes.get(name)
    if (known !== undefined) return known
    const followed: FollowedIndex = {
      meter: new ProgressMeter(),
      since: now,
      levels: 0,
      caughtUp: false,
      lastLine: now - PLAIN_LINE_EVERY,
      status: '',
    }
    this.#indexes.set(name, followed)
    return followed
  }

  #caughtUp(event: ProgressEvent, index: FollowedIndex, now: number): void {
    const took = now - index.since
    const speed = took > 0 ? ` in ${formatDuration(took)}` : ''
    this.#line(
      index,
      now,
      `${event.index} has reached ${formatCount(event.level)}: ${plural(index.levels, 'level')}${speed}`,
    )
  }

  #line(index: FollowedIndex, now: number, text: string): void {
    index.lastLine = now
    this.#writer.line(`${this.#style('dim', clockTime(new Date(now)))} ${this.#style('cyan', `⋯ ${text}`)}`)
  }

  #draw(): void {
    const parts = [...this.#indexes.values()].map(({ status }) => status)
    this.#writer.status(parts.length === 0 ? undefined : `  ${parts.join(' │ ')}`)
  }
}
