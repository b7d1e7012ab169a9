import type { Clock } from '../clock.ts'
import type { PawlEvent } from '../events.ts'
import { clockTime } from '../text/describe-event.ts'
import { formatCount, formatDuration, plural } from '../text/format-number.ts'
import type { LineWriter } from './line-writer.ts'
import { describeProgress, ProgressMeter } from '../text/progress.ts'
import type { Style } from '../text/style.ts'

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
    // The index itself only knows at its next look that there is no higher head by now.
    const atHead = event.synchronized || event.level >= event.head
    index.status = atHead
      ? `${event.index} at ${formatCount(event.level)}`
      : describeProgress(index.meter.add(event, now))

    if (atHead && (!index.caughtUp || index.levels >= LEVELS_WORTH_A_LINE)) {
      this.#caughtUp(event, index, now)
    } else if (!this.#writer.redraws && now - index.lastLine >= PLAIN_LINE_EVERY) {
      this.#line(index, now, index.status)
    }
    if (atHead) Object.assign(index, { caughtUp: true, levels: 0, since: now })
    this.#draw()
  }

  /** Catching up after it is another one, with its own count and time. */
  rolledBack(name: string): void {
    const now = this.#clock.now()
    // Most are made good in a moment: a line on the way is for those that take longer.
    this.#indexes.set(name, newlyFollowed(now, now))
    this.#draw()
  }

  end(): void {
    this.#writer.status(undefined)
  }

  #follow(name: string, now: number): FollowedIndex {
    const known = this.#indexes.get(name)
    if (known !== undefined) return known
    const followed = newlyFollowed(now, now - PLAIN_LINE_EVERY)
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
    const parts = [...this.#indexes.values()].map(({ status }) => status).filter((status) => status !== '')
    this.#writer.status(parts.length === 0 ? undefined : `  ${parts.join(' │ ')}`)
  }
}

const newlyFollowed = (since: number, lastLine: number): FollowedIndex => ({
  meter: new ProgressMeter(),
  since,
  levels: 0,
  caughtUp: false,
  lastLine,
  status: '',
})
