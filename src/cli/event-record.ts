import type { PawlEvent } from '../events.ts'
import type { FiringOrigin } from '../hooks/context.ts'
import { describeEvent } from '../text/describe-event.ts'
import { formatCount } from '../text/format-number.ts'
import type { Severity } from './logger.ts'
import { withoutArguments } from './without-arguments.ts'

/**
 * An event as a line of the log for programs: what the event holds (but arguments, which may be secrets), with its severity, and the names that log stores are
 * searched by – `firing`, `hook`, `job`, `index`, `level` – at the top, also where they are those of what fired it.
 */
export function eventRecord(event: PawlEvent, time: Date): Readonly<Record<string, unknown>> {
  const { type, args: _, ...data } = { args: undefined, ...event }
  return {
    time,
    severity: severityOf(event),
    type,
    message: messageOf(event),
    ...('origin' in event ? namesOf(event.origin) : {}),
    ...data,
  }
}

function severityOf(event: PawlEvent): Severity {
  switch (event.type) {
    case 'index.failed':
    case 'index.orphaned':
    case 'index.refused':
    case 'hook.failed':
    case 'hook.dead':
    case 'job.failed':
    case 'job.refused':
      return 'error'
    case 'lifecycle.retrying':
    case 'index.retrying':
    case 'index.unconfirmed':
    case 'hook.retrying':
    case 'hook.dropped':
    case 'job.missed':
    case 'job.skipped':
    case 'job.capped':
    case 'job.retried':
      return 'warn'
    case 'index.progress':
    case 'hook.started':
    case 'hook.queued':
    case 'jobs.scheduled':
      return 'debug'
    case 'lifecycle':
      return event.state === 'failed' ? 'error' : 'info'
    default:
      return 'info'
  }
}

function messageOf(event: PawlEvent): string {
  if (event.type !== 'index.progress') return describeEvent(withoutArguments(event)).text
  const { index, level, head } = event
  // How far it is of the whole way, and how fast, one event does not tell.
  return level >= head
    ? `${index} at ${formatCount(level)}`
    : `${index} at ${formatCount(level)} of ${formatCount(head)}`
}

/** What fired it: a job, the handler of an index at a level. */
function namesOf(origin: FiringOrigin): Readonly<Record<string, unknown>> {
  switch (origin.type) {
    case 'job':
      return { job: origin.job }
    case 'handler':
      return { index: origin.index, level: origin.level }
    case 'hook':
    case 'lifecycle':
    case 'outside':
      return {}
  }
}
