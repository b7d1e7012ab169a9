import { systemClock, type Clock } from '../clock.ts'
import type { PawlEvent } from '../events.ts'
import { clockTime, describeEvent, type DescribedEvent, type EventText } from '../text/describe-event.ts'
import { eventRecord } from './event-record.ts'
import { createLineWriter, type LineWriter } from './line-writer.ts'
import { Outages } from './outages.ts'
import { wantsColor, type OutputStream } from './output-stream.ts'
import { ProgressReport } from './progress-report.ts'
import { createStyle, type Style } from '../text/style.ts'
import { toJson } from '../text/to-json.ts'
import { withoutArguments } from './without-arguments.ts'

/** Where events come from: the root actor. */
export interface EventSource {
  on(type: '*', handler: (event: PawlEvent) => void): { unsubscribe(): void }
}

export interface ReportOptions {
  readonly stream: OutputStream
  /** Default: the machine's. */
  readonly clock?: Pick<Clock, 'now'>
  /** Default: whether the stream is a terminal that wants them; see `wantsColor`. */
  readonly color?: boolean
  /** One JSON object a line instead of text. Default: false. */
  readonly json?: boolean
  /** Shared with whatever else prints to the same terminal. Default: one of its own. */
  readonly writer?: LineWriter
}

export interface Report {
  /** Stops reporting and takes the status line away. */
  stop(): void
}

/**
 * Prints what the root emits, until stopped: a line an event, and the progress of the indexes as one line that is redrawn
 * on a terminal, elsewhere as a plain line every few seconds.
 *
 * @example
 * const root = createActor(pawl(config))
 * const report = reportEvents(root, { stream: process.stdout })
 * root.start()
 */
export function reportEvents(root: EventSource, options: ReportOptions): Report {
  const { stream, clock = systemClock, json = false } = options
  const writer = options.writer ?? createLineWriter(stream)
  const style = createStyle(options.color ?? wantsColor(stream))

  if (json) {
    const subscription = root.on('*', (event) =>
      writer.line(toJson(eventRecord(event, new Date(clock.now())))),
    )
    return { stop: () => subscription.unsubscribe() }
  }

  const progress = new ProgressReport(writer, style, clock)
  const outages = new Outages()
  const told = new WeakSet()
  const subscription = root.on('*', (event) => {
    for (const over of outages.add(event)) {
      writer.line(`${style('dim', clockTime(new Date(clock.now())))} ${style('green', `✓ ${over}`)}`)
    }
    if (event.type === 'index.progress') return progress.add(event)
    if (event.type === 'index.rolledBack') progress.rolledBack(event.index)
    for (const text of layOut(withoutRepeating(event, told), style, clock.now())) writer.line(text)
  })
  return {
    stop() {
      subscription.unsubscribe()
      progress.end()
    },
  }
}

/** What a hook failed with is told once: the job that fired it tells what becomes of that. */
function withoutRepeating(event: DescribedEvent, told: WeakSet<object>): EventText {
  const text = describeEvent(withoutArguments(event))
  if (!('error' in event) || typeof event.error !== 'object' || event.error === null) return text
  if (event.type === 'hook.failed') told.add(event.error)
  const isTold = (event.type === 'job.failed' || event.type === 'job.retried') && told.has(event.error)
  return isTold ? { ...text, details: [] } : text
}

function layOut({ mark, format, text, details }: EventText, style: Style, now: number): string[] {
  return [
    `${style('dim', clockTime(new Date(now)))} ${style(format, `${mark} ${text}`)}`,
    ...details.map((detail) => `           ${detail}`),
  ]
}
