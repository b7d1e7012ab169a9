import { CrontabSyntaxError, type CrontabField } from './crontab-field.ts'

const DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN']

/**
 * A field of APScheduler's `from_crontab` (3.x) as a plain list of values in cron's own numbers: there 0 is Monday, `5/15` is
 * a range up to the end, `last` is the last day of the month, and what follows a name's range is ignored.
 * @throws CrontabSyntaxError where APScheduler refuses it, too
 */
export function normaliseApschedulerField(field: CrontabField, text: string): string {
  const isWeekday = field.name === 'day of week'
  const values = new Set<string>()
  for (const item of text.split(',')) {
    for (const value of expandItem(field, item)) {
      values.add(typeof value === 'number' && isWeekday ? String((value + 1) % 7) : String(value))
    }
  }
  return values.has('*') ? '*' : [...values].join(',')
}

function expandItem(field: CrontabField, item: string): (number | string)[] {
  const fail = (reason: string): never => {
    throw new CrontabSyntaxError(`${field.name} "${item}" ${reason}`)
  }
  const most = field.name === 'day of week' ? 6 : field.max
  const span = (from: number, to: number, step = 1): number[] => {
    if (from < field.min || to > most)
      return fail(`is out of range: APScheduler takes ${field.min} to ${most}`)
    if (to < from) return fail('runs backwards')
    if (step < 1 || (step > 1 && step > to - from)) return fail('has a step that APScheduler does not take')
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => from + at * step)
  }
  if (item === '*') return ['*']
  const every = /^\*\/(\d+)$/.exec(item)?.[1]
  // A step of a day of the week counts from Monday, so it is a list; elsewhere it stays a wildcard.
  if (every !== undefined) {
    const values = span(field.min, most, Number(every))
    return field.name === 'day of week' ? values : [item]
  }
  if (field.name === 'day of month' && /^last/i.test(item)) return ['L']
  const [, first, last, step] = /^(\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(item) ?? []
  if (first !== undefined) {
    const to = last ?? (step === undefined ? first : most)
    return span(Number(first), Number(to), step === undefined ? 1 : Number(step))
  }
  const names = field.name === 'day of week' ? DAYS : field.names
  const [, from = '', to] = /^([a-z]+)(?:-([a-z]+))?/i.exec(item) ?? []
  const numberOf = (name: string): number => {
    const at = names?.indexOf(name.toUpperCase()) ?? -1
    return at >= 0 ? at + field.min : fail('is not understood by APScheduler')
  }
  return span(numberOf(from), numberOf(to ?? from))
}
