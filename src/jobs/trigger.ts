import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { CrontabSyntaxError } from './crontab-field.ts'
import { checkTimezone, parseCrontab } from './crontab.ts'
import { nextInInterval, parseInterval } from './interval.ts'
import type { JobTrigger } from './job.ts'

/** When a job fires. Immutable; says, and does nothing. */
export interface Trigger {
  readonly kind: 'crontab' | 'interval' | 'daemon'
  /** The first fire time after this one (exclusive); undefined: none, or never by time (daemon). */
  next(after: Date): Date | undefined
  /** `crontab 0 0 * * * (UTC)`, `every 90 s`, `daemon`: the same for the same schedule. */
  describe(): string
  /** The same schedule counted from `anchor`: only intervals have one. */
  anchoredAt(anchor: Date): Trigger
}

export interface TriggerOptions {
  /** IANA name, for crontabs that name none. Default: `UTC`. */
  readonly timezone?: string
}

/**
 * The trigger of a job. An interval counts from 1970 until `anchoredAt` says otherwise.
 * @throws ConfigurationError naming what is wrong, with paths relative to the job.
 */
export function parseTrigger(config: JobTrigger, options: TriggerOptions = {}): Trigger {
  const issues: ConfigurationIssue[] = []
  const trigger = readTrigger(config, options, issues)
  if (trigger === undefined) throw new ConfigurationError(issues)
  return trigger
}

/** All that is wrong with a job's trigger, with paths relative to the job (`crontab`); takes anything that was written. */
export function checkTrigger(job: object, options: TriggerOptions = {}): readonly ConfigurationIssue[] {
  const issues: ConfigurationIssue[] = []
  readTrigger(job, options, issues)
  return issues
}

/**
 * The next fire times of a trigger: `from` is exclusive; fewer than `count` when there are no more.
 *
 * @example
 * nextFireTimes(parseTrigger({ crontab: '@daily' }), { from: new Date(), count: 3 })
 */
export function nextFireTimes(
  trigger: Trigger,
  { from, count }: { readonly from: Date; readonly count: number },
): Date[] {
  const times: Date[] = []
  let time = trigger.next(from)
  while (time !== undefined && times.length < count) {
    times.push(time)
    time = trigger.next(time)
  }
  return times
}

type Written = Readonly<Partial<Record<'crontab' | 'interval' | 'daemon' | 'timezone', unknown>>>

const KINDS = ['crontab', 'interval', 'daemon'] as const

function readTrigger(
  config: Written,
  options: TriggerOptions,
  issues: ConfigurationIssue[],
): Trigger | undefined {
  const kinds = KINDS.filter((kind) => config[kind] !== undefined)
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    const got = kinds.length === 0 ? 'has none' : `has ${kinds.join(' and ')}`
    issues.push({
      path: '',
      message: `a job has exactly one of crontab, interval and daemon; this one ${got}`,
    })
    return undefined
  }
  if (kind !== 'crontab' && config.timezone !== undefined)
    issues.push({ path: 'timezone', message: `only a crontab has a time zone; this job has ${kind}` })
  const found = issues.length
  const trigger =
    kind === 'crontab'
      ? readCrontab(config, options, issues)
      : kind === 'interval'
        ? readInterval(config.interval, issues)
        : readDaemon(config.daemon, issues)
  return found === 0 ? trigger : undefined
}

function readCrontab(
  { crontab, timezone }: Written,
  options: TriggerOptions,
  issues: ConfigurationIssue[],
): Trigger | undefined {
  const zone = timezone ?? options.timezone ?? 'UTC'
  if (typeof zone !== 'string') {
    issues.push({ path: 'timezone', message: 'is no text: write a time zone such as Europe/Berlin' })
    return undefined
  }
  if (typeof crontab !== 'string') {
    issues.push({ path: 'crontab', message: 'is no text: write five fields, such as "0 0 * * *"' })
    return undefined
  }
  try {
    checkTimezone(zone)
  } catch (error) {
    issues.push({ path: 'timezone', message: (error as RangeError).message })
    return undefined
  }
  try {
    return crontabTrigger(crontab, zone)
  } catch (error) {
    if (!(error instanceof CrontabSyntaxError)) throw error
    issues.push({ path: 'crontab', message: error.message })
    return undefined
  }
}

function crontabTrigger(written: string, timezone: string): Trigger {
  const crontab = parseCrontab(written, timezone)
  const trigger: Trigger = {
    kind: 'crontab',
    next: crontab.next,
    describe: () => `crontab ${crontab.expression} (${timezone})`,
    anchoredAt: () => trigger,
  }
  return trigger
}

function readInterval(written: unknown, issues: ConfigurationIssue[]): Trigger | undefined {
  try {
    return intervalTrigger(parseInterval(written as number | string), 0)
  } catch (error) {
    issues.push({ path: 'interval', message: (error as RangeError).message })
    return undefined
  }
}

function intervalTrigger(every: number, anchor: number): Trigger {
  return {
    kind: 'interval',
    next: (after) => new Date(nextInInterval(anchor, every, after.getTime())),
    describe: () => `every ${every / 1_000} s`,
    anchoredAt: (date) => intervalTrigger(every, date.getTime()),
  }
}

function readDaemon(written: unknown, issues: ConfigurationIssue[]): Trigger | undefined {
  if (written === true) return DAEMON
  issues.push({ path: 'daemon', message: 'is not true: write daemon: true, or leave it out' })
  return undefined
}

const DAEMON: Trigger = {
  kind: 'daemon',
  next: () => undefined,
  describe: () => 'daemon',
  anchoredAt: () => DAEMON,
}
