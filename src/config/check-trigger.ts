import { Cron } from 'croner'
import { isTimezone, type Fields } from './config-reader.ts'
import { describeValue } from './describe-value.ts'

/** What is wrong with the one trigger that a job has: which key, and why. */
export function checkTrigger(job: Fields): readonly { readonly key: string; readonly message: string }[] {
  const problems: { key: string; message: string }[] = []
  const note = (key: string, message: string | undefined): void => {
    if (message !== undefined) problems.push({ key, message })
  }
  if (job['crontab'] !== undefined) note('crontab', checkCrontab(job['crontab']))
  if (job['interval'] !== undefined) note('interval', checkInterval(job['interval']))
  if (job['daemon'] !== undefined) note('daemon', checkDaemon(job['daemon']))
  if (job['timezone'] !== undefined) note('timezone', checkTimezone(job))
  return problems
}

function checkCrontab(value: unknown): string | undefined {
  const expected =
    'expected five fields (minute hour day month weekday), or six with seconds first, such as "0 0 * * *"'
  if (typeof value !== 'string') return `${expected}; got ${describeValue(value)}`
  const fields = value.trim().split(/\s+/)
  if (!value.trim().startsWith('@') && fields.length !== 5 && fields.length !== 6)
    return `${expected}; got ${describeValue(value)}, which has ${value.trim() === '' ? 'none' : fields.length}`
  try {
    const next = new Cron(value.trim(), { paused: true, timezone: 'UTC' }).nextRun()
    return next === null ? `${describeValue(value)} never fires` : undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    return `${describeValue(value)} is no crontab: ${reason}`
  }
}

function checkInterval(value: unknown): string | undefined {
  const expected = 'expected seconds of 1 or more, or a text such as "90s", "5m", "1h", "1d"'
  const seconds =
    typeof value === 'string' ? parseInterval(value) : typeof value === 'number' ? value : Number.NaN
  return Number.isFinite(seconds) && seconds >= 1 ? undefined : `${expected}; got ${describeValue(value)}`
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

function parseInterval(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([smhd])$/.exec(text.trim())
  return match === null ? Number.NaN : Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN)
}

const checkDaemon = (value: unknown): string | undefined =>
  value === true ? undefined : `expected true, or leave it out; got ${describeValue(value)}`

function checkTimezone(job: Fields): string | undefined {
  if (job['crontab'] === undefined)
    return 'is for crontabs only: an interval and a daemon know no time of day'
  return isTimezone(job['timezone'])
    ? undefined
    : `expected an IANA time zone such as "Europe/Berlin", got ${describeValue(job['timezone'])}`
}
