import { DaemonEndedError } from '../errors.ts'
import type { LifecycleState, PawlEvent, ReindexReason } from '../events.ts'
import type { FiringOrigin } from '../hooks/context.ts'
import { describeError } from './describe-error.ts'
import { formatCount, formatDuration, plural } from './format-number.ts'
import type { Format } from './style.ts'
import { toJson } from './to-json.ts'

/** An event as a line for a person, and lines below it. */
export interface EventText {
  readonly mark: string
  readonly format: Format
  readonly text: string
  readonly details: readonly string[]
}

/** Every event but progress, which is more than one event's concern: see `reportEvents`. */
export type DescribedEvent = Exclude<PawlEvent, { type: 'index.progress' }>

/** Says an event in words. */
export function describeEvent(event: DescribedEvent): EventText {
  switch (event.type) {
    case 'lifecycle':
      return line('●', STATE_FORMAT[event.state], event.state)
    case 'standby':
      return line('◌', 'yellow', `standing by: ${event.holder} holds the lease of this schema`)
    case 'index.rolledBack':
      return line('↺', 'yellow', describeRollback(event))
    case 'index.orphaned':
      return line(
        '!',
        'red',
        `${event.index}: rows of levels ${formatCount(event.fromLevel)} to ${formatCount(event.toLevel)} are of blocks that left the chain, and stay`,
      )
    case 'lifecycle.retrying':
      return failure(
        '!',
        'yellow',
        `${event.state}: attempt ${event.attempt} failed, next in ${formatDuration(event.delay)}`,
        event.error,
      )
    case 'index.retrying':
      return failure(
        '!',
        'yellow',
        `index ${event.index}: attempt ${event.attempt} failed, next in ${formatDuration(event.delay)}`,
        event.error,
      )
    case 'index.failed':
      return failure('✗', 'red', `index ${event.index} stops here`, event.error)
    case 'index.added':
      return line('+', 'cyan', `index ${event.index} added`)
    case 'index.removed':
      return line('−', 'cyan', `index ${event.index} removed`)
    case 'index.unconfirmed':
      return line(
        '!',
        'yellow',
        `index ${event.index} is not followed: ${plural(event.firings, 'durable firing')} of its levels wait for confirmations until it is added again`,
      )
    case 'index.refused':
      return failure('✗', 'red', `${event.command} of index ${event.index} was refused`, event.error)
    case 'jobs.scheduled':
      return line('·', 'dim', `${plural(event.jobs, 'job')} scheduled`)
    case 'hook.queued':
      return line(
        '→',
        'dim',
        `${event.hook} queued${firedBy(event.origin)}${event.duplicate ? ': it was there already' : ''}`,
      )
    case 'hook.started':
      return line('→', 'dim', `${event.hook}${describeArgs(event.args)} started${firedBy(event.origin)}`)
    case 'hook.finished':
      return line(
        '✓',
        'green',
        `${event.hook} finished in ${formatDuration(event.duration)}${firedBy(event.origin)}`,
      )
    case 'hook.failed':
      return failure(
        '✗',
        'red',
        `${event.hook} failed after ${formatDuration(event.duration)}${firedBy(event.origin)}`,
        event.error,
      )
    case 'hook.retrying':
      return line(
        '!',
        'yellow',
        `${event.hook}: attempt ${event.attempt} failed, next in ${formatDuration(event.delay)}`,
      )
    case 'hook.dead':
      return line('✗', 'red', `${event.hook} failed ${plural(event.attempts, 'time')} and is not tried again`)
    case 'hook.dropped':
      return line('−', 'yellow', `${event.hook} dropped${firedBy(event.origin)}: its level left the chain`)
    case 'job.fired':
      return line('◷', 'cyan', `job ${event.job} fires${describeFireTime(event)}`)
    case 'job.missed':
      return line(
        '!',
        'yellow',
        `job ${event.job} missed ${plural(event.count, 'fire time')}${describeMissed(event)}`,
      )
    case 'job.skipped':
      return line(
        '!',
        'yellow',
        `job ${event.job} skipped its fire time ${clockTime(event.fireTime)}: ${describeSkipped(event)}`,
      )
    case 'job.capped':
      return line(
        '!',
        'yellow',
        `job ${event.job}: more fire times have passed than are counted (${formatCount(event.counted)}), up to ${clockTime(event.last)}`,
      )
    case 'job.retried':
      return failure(
        '!',
        'yellow',
        `job ${event.job} failed, attempt ${event.attempt} ${event.delay === 0 ? 'follows' : `in ${formatDuration(event.delay)}`}`,
        event.error,
      )
    case 'job.refused':
      return failure('✗', 'red', `${event.command} of job ${event.job} was refused`, event.error)
    case 'job.failed':
      return failure(
        '✗',
        'red',
        `job ${event.job} ${event.error instanceof DaemonEndedError ? 'ended' : 'failed'}${describeRestart(event.restartIn)}`,
        event.error,
      )
    case 'reindex':
      return line('◆', 'magenta', `reindexing: ${REINDEX_REASONS[event.reason]}`)
    default:
      return unknownEvent(event)
  }
}

const REINDEX_REASONS: Readonly<Record<ReindexReason, string>> = {
  first_start: 'first start',
  manual: 'asked for by hand',
  migration: 'what an older Pawl has stored cannot be used',
  rollback: 'a reorg could not be undone',
  config_modified: 'the config of an index was modified',
  schema_modified: 'the scripts of sql/on_reindex were modified',
}

const STATE_FORMAT: Readonly<Record<LifecycleState, Format>> = {
  starting: 'dim',
  restart: 'bold',
  reindex: ['bold', 'magenta'],
  syncing: ['bold', 'cyan'],
  synchronized: ['bold', 'green'],
  rollback: ['bold', 'yellow'],
  stopping: 'bold',
  stopped: 'bold',
  failed: ['bold', 'red'],
}

/** `12:03:04.005` is for machines; people look for the second, on their own clock. */
export function clockTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

const line = (mark: string, format: Format, text: string, details: readonly string[] = []): EventText => ({
  mark,
  format,
  text,
  details,
})

function failure(mark: string, format: Format, text: string, error: unknown): EventText {
  const { message, causes, hint } = describeError(error)
  return line(mark, format, text, [...message, ...causes.map((cause) => `caused by: ${cause}`), ...hint])
}

function firedBy(origin: FiringOrigin): string {
  switch (origin.type) {
    case 'lifecycle':
      return ''
    case 'outside':
      return ' (fired from outside)'
    case 'handler':
      return ` (fired by the handler of ${origin.index} at level ${formatCount(origin.level)})`
    case 'hook':
      return ` (fired by hook ${origin.hook})`
    case 'job':
      return ` (fired by job ${origin.job})`
  }
}

function describeArgs(args: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(args)
    .map(([name, value]) => `${name}: ${typeof value === 'bigint' ? value : toJson(value)}`)
    .join(', ')
  if (text === '') return ''
  return ` { ${text.length > 100 ? `${text.slice(0, 99)}…` : text} }`
}

function describeRollback(event: Extract<PawlEvent, { type: 'index.rolledBack' }>): string {
  const { index, fromLevel, toLevel, tables, duration } = event
  const undone = `${index} rolled back ${plural(fromLevel - toLevel, 'level')}, from ${formatCount(fromLevel)} to ${formatCount(toLevel)}, in ${formatDuration(duration)}`
  const touched = tables.filter(({ restored, changed, removed }) => restored + changed + removed > 0)
  if (touched.length === 0) return `${undone}: no rows to undo`
  const rows = touched.map(({ table, ...counts }) => {
    const parts = Object.entries(counts).filter(([, count]) => count > 0)
    return `${table} ${parts.map(([what, count]) => `${plural(count, 'row')} ${what}`).join(', ')}`
  })
  return `${undone}: ${rows.join('; ')}`
}

function describeFireTime({ fireTime, fireTimes }: Extract<PawlEvent, { type: 'job.fired' }>): string {
  const due = fireTime === undefined ? '' : ` (due ${clockTime(fireTime)})`
  return fireTimes > 1 ? `${due}, once for ${formatCount(fireTimes)} fire times` : due
}

function describeMissed({ fireTimes, reason }: Extract<PawlEvent, { type: 'job.missed' }>): string {
  const [first] = fireTimes
  const last = fireTimes.at(-1)
  if (first === undefined || last === undefined) return ''
  const why = reason === 'down' ? ', while Pawl was down' : ''
  return first === last ? `: ${clockTime(first)}${why}` : `: ${clockTime(first)} to ${clockTime(last)}${why}`
}

function describeSkipped({ reason, running }: Extract<PawlEvent, { type: 'job.skipped' }>): string {
  switch (reason) {
    case 'maxInstances':
      return `${plural(running, 'firing')} still running`
    case 'when':
      return 'it fires in the other phase only'
    case 'paused':
      return 'it is paused'
    case 'removed':
      return 'there is no such job any more'
    case 'elsewhere':
      return 'another process took it over'
  }
}

const describeRestart = (restartIn: number | undefined): string =>
  restartIn === undefined ? '' : `, starts again in ${formatDuration(restartIn)}`

// A newer root than this report: better a raw line than a crash.
function unknownEvent(event: never): EventText {
  return line('·', 'dim', toJson(event))
}
