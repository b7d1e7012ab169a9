/** One field of a crontab: what it is called, and which values it takes. */
export interface CrontabField {
  readonly name: 'second' | 'minute' | 'hour' | 'day of month' | 'month' | 'day of week'
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
  /** The values that `names` begin at. */
  readonly firstName?: number
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

export const CRONTAB_FIELDS: readonly CrontabField[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS, firstName: 1 },
  { name: 'day of week', min: 0, max: 7, names: DAYS, firstName: 0 },
]

/** What is wrong with a crontab, in one sentence that names the field. */
export class CrontabSyntaxError extends Error {}

/** A field contains a `*`, which means that it restricts nothing by itself (Vixie cron counts `*` + `/2` here, too). */
export const isWild = (text: string): boolean => text.startsWith('*') || text === '?'

/**
 * A field as a plain list of values (`*` and steps over it stay), so that its evaluation depends on no dialect.
 * @throws CrontabSyntaxError
 */
export function normaliseField(field: CrontabField, text: string): string {
  // Quartz writes `?` in the one of its two day fields that restricts nothing.
  if (text === '?' && field.name.startsWith('day')) return '*'
  const values = new Set<string>()
  for (const item of text.split(',')) for (const value of expandItem(field, item)) values.add(value)
  return values.has('*') ? '*' : [...values].join(',')
}

function expandItem(field: CrontabField, item: string): string[] {
  const fail = (reason: string): never => {
    throw new CrontabSyntaxError(`${field.name} "${item}" ${reason}`)
  }
  if (item === '')
    return fail(`is empty: a value from ${field.min} to ${field.max} is missing beside a comma`)
  const special = expandSpecial(field, item, fail)
  if (special !== undefined) return special

  const [range = '', step, ...rest] = item.split('/')
  if (rest.length > 0) return fail('has more than one "/"')
  const every = step === undefined ? 1 : readStep(field, step, fail)
  if (range === '*') return [step === undefined ? '*' : `*/${every}`]

  const [first = '', last, ...more] = range.split('-')
  if (more.length > 0) return fail('has more than one "-"')
  const from = readValue(field, first, fail)
  if (last === undefined) {
    if (step === undefined) return [String(from)]
    return fail(`has a step but no range: write ${from}-${lastOf(field)}/${every}`)
  }
  // SAT-SUN and 5-7: at the end of a range Sunday is 7.
  const to = last.toUpperCase() === 'SUN' ? 7 : readValue(field, last, fail)
  if (to < from) return fail(`runs backwards: write ${first}-${lastOf(field)},${field.min}-${last}`)
  const values: string[] = []
  for (let value = from; value <= to; value += every) values.push(String(value))
  return values
}

/** `L` (last day of the month), `5L` (last Friday of the month), `5#2` (second Friday of the month). */
function expandSpecial(
  field: CrontabField,
  item: string,
  fail: (reason: string) => never,
): string[] | undefined {
  const isDayOfWeek = field.name === 'day of week'
  if (field.name === 'day of month' && item.toUpperCase() === 'L') return ['L']
  const last = /^(\w+)L$/i.exec(item)?.[1]
  if (isDayOfWeek && last !== undefined) return [`${sundayIsZero(readValue(field, last, fail))}L`]
  if (!item.includes('#')) return undefined
  if (!isDayOfWeek) return fail('cannot have "#": only a day of week can')
  const [day = '', nth = '', ...rest] = item.split('#')
  if (rest.length > 0 || !/^[1-5]$/.test(nth))
    return fail('needs a number from 1 to 5 after "#": FRI#2 is the second Friday of the month')
  return [`${sundayIsZero(readValue(field, day, fail))}#${nth}`]
}

function readValue(field: CrontabField, text: string, fail: (reason: string) => never): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1
  if (named >= 0) return named + (field.firstName ?? 0)
  if (!/^\d{1,2}$/.test(text)) return fail(`is not understood: ${expected(field)}`)
  const value = Number(text)
  return value < field.min || value > field.max ? fail(`is out of range: ${expected(field)}`) : value
}

function readStep(field: CrontabField, text: string, fail: (reason: string) => never): number {
  const step = /^\d{1,2}$/.test(text) ? Number(text) : 0
  const most = lastOf(field) - field.min + 1
  return step >= 1 && step <= most ? step : fail(`has a step that is no number from 1 to ${most}`)
}

function expected(field: CrontabField): string {
  const numbers = `it takes ${field.min} to ${field.max}`
  const [firstName, lastName] = [field.names?.[0], field.names?.at(-1)]
  return firstName === undefined ? numbers : `${numbers}, or ${firstName} to ${lastName}`
}

/** 7 is a second name of Sunday, not a day more. */
const lastOf = (field: CrontabField): number => (field.name === 'day of week' ? 6 : field.max)

const sundayIsZero = (day: number): number => day % 7
