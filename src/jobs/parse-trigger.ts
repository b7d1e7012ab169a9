import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { CrontabSyntaxError } from './crontab-field.ts'
import { checkTimezone, parseCrontab } from './crontab.ts'
import { parseInterval } from './interval.ts'
import { withJitter } from './jitter.ts'
import { parseTime } from './parse-time.ts'
import type { JobTrigger } from './job.ts'
import { crontabTrigger, DAEMON, intervalTrigger, withBounds, type Trigger } from './trigger.ts'

export interface TriggerOptions {
  /** IANA name, for crontabs that name none. Default: `UTC`. */
  readonly timezone?: string
  /** What jitter depends on, beside the fire time: the job's name. Default: none. */
  readonly job?: string
}

/**
 * The trigger of a job. An interval without a start counts from 1970 until `anchoredAt` says otherwise.
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

type Key = 'crontab' | 'interval' | 'daemon' | 'timezone' | 'dialect' | 'start' | 'end' | 'jitter'
type Written = Readonly<Partial<Record<Key, unknown>>>

export const TRIGGER_KEYS: readonly Key[] = [
  'crontab',
  'interval',
  'daemon',
  'timezone',
  'dialect',
  'start',
  'end',
  'jitter',
]

/** ms. What is meant to be spread is spread within hours; with more, one fire time is hardly known from another. */
const LONGEST_JITTER = 86_400_000

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
  const found = issues.length
  refuseForeign(config, kind, issues)
  const zone = zoneOf(config, options)
  const start = readTime(config, 'start', zone, issues)
  const end = readTime(config, 'end', zone, issues)
  if (start !== undefined && end !== undefined && end < start)
    issues.push({ path: 'end', message: 'is before start: the job would never fire' })
  const jitter = readJitter(config, issues)
  const trigger =
    kind === 'crontab'
      ? readCrontab(config, options, issues)
      : kind === 'interval'
        ? readInterval(config.interval, start, issues)
        : readDaemon(config.daemon, issues)
  if (trigger === undefined || issues.length > found) return undefined
  const bounded = start === undefined && end === undefined ? trigger : withBounds(trigger, { start, end })
  return jitter === undefined ? bounded : withJitter(bounded, { jitter, seed: options.job ?? '', end })
}

/** Settings that mean nothing for this kind of trigger: each is more likely a mistake than nothing. */
function refuseForeign(config: Written, kind: (typeof KINDS)[number], issues: ConfigurationIssue[]): void {
  if (kind !== 'crontab' && config.timezone !== undefined)
    issues.push({ path: 'timezone', message: `only a crontab has a time zone; this job has ${kind}` })
  if (kind !== 'crontab' && config.dialect !== undefined)
    issues.push({ path: 'dialect', message: `only a crontab has a dialect; this job has ${kind}` })
  if (kind !== 'daemon') return
  for (const key of ['start', 'end', 'jitter'] as const) {
    if (config[key] !== undefined)
      issues.push({
        path: key,
        message: 'a daemon has no fire times: leave it out, or give the job an interval',
      })
  }
}

/** On whose clocks a start or an end without an offset is read. One that cannot be is told as that. */
function zoneOf({ timezone }: Written, options: TriggerOptions): string {
  const zone = timezone ?? options.timezone
  if (typeof zone !== 'string') return 'UTC'
  try {
    checkTimezone(zone)
    return zone
  } catch {
    return 'UTC'
  }
}

function readTime(
  config: Written,
  key: 'start' | 'end',
  timezone: string,
  issues: ConfigurationIssue[],
): Date | undefined {
  const written = config[key]
  if (written === undefined) return undefined
  if (written instanceof Date && !Number.isNaN(written.getTime())) return written
  try {
    return parseTime(typeof written === 'string' ? written : '', timezone)
  } catch (error) {
    issues.push({ path: key, message: (error as RangeError).message })
    return undefined
  }
}

function readJitter(config: Written, issues: ConfigurationIssue[]): number | undefined {
  const { jitter } = config
  if (jitter === undefined || jitter === 0) return undefined
  try {
    const most = config.interval === undefined ? LONGEST_JITTER : longestJitter(config.interval)
    const ms = parseInterval(jitter as number | string)
    if (ms <= most) return ms
    issues.push({
      path: 'jitter',
      message:
        config.interval === undefined
          ? 'is longer than a day: a fire time would be far from what the crontab says'
          : 'is longer than the interval: a fire time would be past the next one',
    })
    return undefined
  } catch {
    issues.push({
      path: 'jitter',
      message: "is no duration: write seconds (1 or more), or '90s', '5m', '1h'",
    })
    return undefined
  }
}

/** What is wrong with the interval is told there. */
function longestJitter(interval: unknown): number {
  try {
    return parseInterval(interval as number | string)
  } catch {
    return Infinity
  }
}

function readCrontab(
  { crontab, timezone, dialect = 'cron' }: Written,
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
  if (dialect !== 'cron' && dialect !== 'apscheduler') {
    issues.push({ path: 'dialect', message: 'is none: write cron (the default) or apscheduler' })
    return undefined
  }
  try {
    checkTimezone(zone)
  } catch (error) {
    issues.push({ path: 'timezone', message: (error as RangeError).message })
    return undefined
  }
  try {
    return crontabTrigger(parseCrontab(crontab, zone, dialect))
  } catch (error) {
    if (!(error instanceof CrontabSyntaxError)) throw error
    issues.push({ path: 'crontab', message: error.message })
    return undefined
  }
}

function readInterval(
  written: unknown,
  start: Date | undefined,
  issues: ConfigurationIssue[],
): Trigger | undefined {
  try {
    const every = parseInterval(written as number | string)
    // The start itself is its first fire time.
    return intervalTrigger(every, start === undefined ? 0 : start.getTime() - every)
  } catch (error) {
    issues.push({ path: 'interval', message: (error as RangeError).message })
    return undefined
  }
}

function readDaemon(written: unknown, issues: ConfigurationIssue[]): Trigger | undefined {
  if (written === true) return DAEMON
  issues.push({ path: 'daemon', message: 'is not true: write daemon: true, or leave it out' })
  return undefined
}
