import { instantOf } from './local-time.ts'

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d))?$/i

/**
 * A time in ISO 8601: a day, or a time of it. Without an offset it is read on the clocks of `timezone`, never on the machine's.
 * @throws RangeError saying what is wrong and what would be right
 */
export function parseTime(text: string, timezone: string): Date {
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    utc,
    sign,
    hours,
    minutes,
  ] = TIME.exec(text.trim()) ?? []
  const [y, m, d, h, min, s] = [year, month, day, hour, minute, second].map(Number)
  const local = Date.UTC(y ?? 0, (m ?? 0) - 1, d, h, min, s, Number(fraction.padEnd(3, '0').slice(0, 3)))
  const isHour = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59
  if (year === undefined || !isHour || Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59)
    throw new RangeError('is no time: write a Date, or a text such as 2026-01-31T12:00:00Z')
  if (new Date(local).toISOString().slice(0, 10) !== `${year}-${month}-${day}`)
    throw new RangeError(`is no time: there is no ${year}-${month}-${day}`)
  if (utc !== undefined) return new Date(local)
  if (sign === undefined) return new Date(instantOf(local, timezone))
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000
  return new Date(sign === '-' ? local + offset : local - offset)
}
