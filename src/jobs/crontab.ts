import { Cron } from 'croner'
import { normaliseApschedulerField } from './apscheduler-field.ts'
import { CRONTAB_FIELDS, CrontabSyntaxError, isWild, normaliseField } from './crontab-field.ts'
import { forwardChanges } from './skipped-times.ts'

/**
 * How a crontab is read: as cron does, or as APScheduler's `from_crontab`, where 0 is Monday and day of month and day of
 * week always mean *and*.
 */
export type CrontabDialect = 'cron' | 'apscheduler'

/** A crontab in one time zone: when it fires, and nothing else. */
export interface Crontab {
  /** The expression as written, without needless space. */
  readonly expression: string
  readonly timezone: string
  readonly dialect: CrontabDialect
  /** The six fields, seconds first, as lists of values. */
  readonly fields: readonly string[]
  /** Day of month or day of week is enough; else both must fit. */
  readonly eitherDay: boolean
  /** The first fire time after this one; undefined: none within the years that dates have. */
  readonly next: (after: Date) => Date | undefined
}

const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

// An evaluator keeps some 80 KB, so jobs with the same schedule share one. The bound only matters to a process that
// makes up new crontabs for ever; jobs keep theirs when it leaves here.
const CACHE_SIZE = 1_000
const cache = new Map<string, Crontab>()

/**
 * Reads a crontab: five fields, or six with seconds first; names, ranges, steps, `L`, `5L`, `5#2`, `@daily` and its like.
 * 0 and 7 are Sunday. Day of month and day of week mean *or* when neither begins with `*`, else *and*: as in Vixie cron.
 *
 * Where clocks change: a time that is skipped fires once, at the moment of the change; one that comes twice fires the first
 * time. An expression with a `*` in hour, minute or second follows elapsed time instead.
 *
 * @throws CrontabSyntaxError when it cannot be read (names the field), or when it never fires.
 * @throws RangeError when the time zone is unknown.
 */
export function parseCrontab(
  expression: string,
  timezone = 'UTC',
  dialect: CrontabDialect = 'cron',
): Crontab {
  const written = expression.trim().split(/\s+/).join(' ')
  const key = `${dialect} ${timezone} ${written}`
  const known = cache.get(key)
  if (known !== undefined) return known
  checkTimezone(timezone)
  const { fields, eitherDay } = normalise(splitFields(written, dialect), dialect)
  const cron = evaluator(fields, eitherDay, timezone)
  // From the epoch: whether it ever fires must not depend on today.
  if (cron.nextRun(new Date(0)) === null)
    throw new CrontabSyntaxError(`"${written}" never fires: no date fits its day of month and month`)
  const crontab: Crontab = {
    expression: written,
    timezone,
    dialect,
    fields,
    eitherDay,
    next: remember((after) => {
      const next = cron.nextRun(after) ?? undefined
      return next === undefined || followsElapsedTime(fields) ? next : (skipped(crontab, after, next) ?? next)
    }),
  }
  if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? '')
  cache.set(key, crontab)
  return crontab
}

/**
 * The moment of a change of the clocks before `next` that skips a fire time. croner finds those of a gap within one day, and none
 * where the gap ends with the day: America/Nuuk goes from 23:00 to 00:00.
 */
function skipped({ expression, timezone, dialect }: Crontab, after: Date, next: Date): Date | undefined {
  const change = forwardChanges(timezone, after, next).find(({ skippedFrom, skippedTo }) => {
    // UTC skips nothing: what it fires in the gap is what the zone would have.
    const time = parseCrontab(expression, 'UTC', dialect).next(new Date(skippedFrom - 1))
    return time !== undefined && time.getTime() < skippedTo
  })
  return change && new Date(change.instant)
}

const followsElapsedTime = (fields: readonly string[]): boolean =>
  fields.slice(0, 3).some((field) => field.startsWith('*'))

/** Jobs with one schedule ask the same at the same times, and an answer takes 20 µs: the last few are kept. */
function remember(next: Crontab['next']): Crontab['next'] {
  const answers = new Map<number, Date | undefined>()
  return (after) => {
    const key = after.getTime()
    if (answers.has(key)) return answers.get(key)
    if (answers.size >= MOST_ANSWERS) answers.clear()
    const answer = next(after)
    answers.set(key, answer)
    return answer
  }
}

const MOST_ANSWERS = 16

// Making a format takes 30 µs; there are some 600 zones.
const knownZones = new Set<string>()

/** @throws RangeError naming the zone, when it is no IANA time zone. */
export function checkTimezone(timezone: string): void {
  if (knownZones.has(timezone)) return
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
    knownZones.add(timezone)
  } catch {
    throw new RangeError(`"${timezone}" is no IANA time zone: write one such as UTC or Europe/Berlin`)
  }
}

/** Six fields, seconds first. */
function splitFields(written: string, dialect: CrontabDialect): readonly string[] {
  if (dialect === 'apscheduler') {
    const fields = written === '' ? [] : written.split(' ')
    if (fields.length === 5) return ['0', ...fields]
    throw new CrontabSyntaxError(
      `"${written}" has ${fields.length} field${fields.length === 1 ? '' : 's'}: APScheduler takes five`,
    )
  }
  if (written.startsWith('@')) {
    const meaning = NICKNAMES[written.toLowerCase()]
    if (meaning !== undefined) return ['0', ...meaning.split(' ')]
    const hint = written === '@reboot' ? ': what runs at each start is the hook on_restart' : ''
    throw new CrontabSyntaxError(
      `"${written}" is not known${hint || `: there are ${Object.keys(NICKNAMES).join(', ')}`}`,
    )
  }
  const fields = written === '' ? [] : written.split(' ')
  if (fields.length === 5) return ['0', ...fields]
  if (fields.length === 6) return fields
  const order = CRONTAB_FIELDS.slice(1).map((field) => field.name)
  throw new CrontabSyntaxError(
    `"${written}" has ${fields.length} field${fields.length === 1 ? '' : 's'}: write five (${order.join(', ')}), or six with the second first`,
  )
}

function normalise(
  fields: readonly string[],
  dialect: CrontabDialect,
): Pick<Crontab, 'fields' | 'eitherDay'> {
  const read = dialect === 'cron' ? normaliseField : normaliseApschedulerField
  return {
    fields: CRONTAB_FIELDS.map((field, at) => read(field, fields[at] ?? '')),
    eitherDay: dialect === 'cron' && !isWild(fields[3] ?? '') && !isWild(fields[5] ?? ''),
  }
}

function evaluator(fields: readonly string[], eitherDay: boolean, timezone: string): Cron {
  return new Cron(fields.join(' '), {
    paused: true,
    timezone,
    mode: '6-part',
    // Only a wildcard follows elapsed time; a list such as 0,30 is as fixed as a single value.
    fixedTimeRule: 'no-wildcard',
    domAndDow: !eitherDay,
  })
}
