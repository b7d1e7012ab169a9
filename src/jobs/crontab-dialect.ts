import { CRONTAB_FIELDS, CrontabSyntaxError } from './crontab-field.ts'
import { parseCrontab, type Crontab, type CrontabDialect } from './crontab.ts'

/** What a crontab means in one dialect: its next fire times, or why it cannot be read. */
export interface DialectMeaning {
  readonly fireTimes: readonly Date[]
  readonly error: string | undefined
}

/**
 * Says whether a crontab means something else to cron (Pawl's default) than to APScheduler's `from_crontab`, and what:
 * the next `count` fire times after `from` under both, in `timezone`. Undefined: the same to both, or neither can read it.
 *
 * @example
 * compareDialects('0 0 * * 0', { from: new Date() }) // Sundays, and Mondays
 */
export function compareDialects(
  crontab: string,
  options: { readonly timezone?: string; readonly from: Date; readonly count?: number },
): Readonly<Record<CrontabDialect, DialectMeaning>> | undefined {
  const { timezone = 'UTC', from, count = 3 } = options
  const [cron, apscheduler] = [read(crontab, timezone, 'cron'), read(crontab, timezone, 'apscheduler')]
  if (typeof cron === 'string' && typeof apscheduler === 'string') return undefined
  if (typeof cron !== 'string' && typeof apscheduler !== 'string' && isSame(cron, apscheduler))
    return undefined
  const meaning = (parsed: Crontab | string): DialectMeaning =>
    typeof parsed === 'string'
      ? { fireTimes: [], error: parsed }
      : { fireTimes: take(parsed, from, count), error: undefined }
  return { cron: meaning(cron), apscheduler: meaning(apscheduler) }
}

function read(crontab: string, timezone: string, dialect: CrontabDialect): Crontab | string {
  try {
    return parseCrontab(crontab, timezone, dialect)
  } catch (error) {
    if (error instanceof CrontabSyntaxError) return error.message
    throw error
  }
}

function isSame(a: Crontab, b: Crontab): boolean {
  const [one, other] = [a, b].map(({ fields }) => fields.map(valuesOf))
  if (!one?.every((values, at) => values === other?.[at])) return false
  // Or and and are the same where one of the two days is free.
  const isFree = (at: number): boolean => one[at] === valuesOf('*', at)
  return a.eitherDay === b.eitherDay || isFree(3) || isFree(5)
}

/**
 * Every value of a field in order, so that `*`, `0-59` and `*` + `/1` are one. A wider step is a list to neither dialect, or of a day of the
 * week to one: then it is another list.
 */
function valuesOf(text: string, at: number): string {
  const field = CRONTAB_FIELDS[at]
  if (field === undefined) return text
  const isDay = field.name === 'day of week'
  const values = text.split(',').flatMap((item) => {
    if (item !== '*' && item !== '*/1') return [isDay && item === '7' ? '0' : item]
    return Array.from({ length: (isDay ? 6 : field.max) - field.min + 1 }, (_, n) => String(field.min + n))
  })
  return [...new Set(values)].toSorted().join(',')
}

function take(crontab: Crontab, from: Date, count: number): Date[] {
  const times: Date[] = []
  for (let time = crontab.next(from); time !== undefined && times.length < count; time = crontab.next(time))
    times.push(time)
  return times
}
