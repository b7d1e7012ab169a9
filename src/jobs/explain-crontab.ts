import { CRONTAB_FIELDS } from './crontab-field.ts'
import type { Crontab } from './crontab.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** A crontab in words: `at 02:30, on Monday to Friday, in March (Europe/Berlin)`. */
export function explainCrontab({ fields, eitherDay, timezone }: Crontab): string {
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = fields.map(plain)
  const days = [
    day === '*' ? '' : `on ${dayOfMonth(day)}`,
    weekday === '*' ? '' : `on ${list(sundaysOnce(weekday), dayOfWeek)}`,
  ].filter((text) => text !== '')
  const parts = [
    time(second, minute, hour),
    days.length === 0 ? 'every day' : days.join(eitherDay ? ' or ' : ', but only '),
    month === '*' ? '' : `in ${months(month)}`,
  ]
  return `${parts.filter((text) => text !== '').join(', ')} (${timezone})`
}

/** A step of one is every value, and one beside other values is a list as they are. In order, the special days last. */
function plain(text: string, at: number): string {
  const items = text.split(',')
  const field = CRONTAB_FIELDS[at]
  if (items.includes('*/1')) return '*'
  if (items.length === 1 || field === undefined) return text
  // 7 is a second name of Sunday.
  const count = (field.name === 'day of week' ? 6 : field.max) - field.min + 1
  const values = items.flatMap((item) => {
    const step = Number(/^\*\/(\d+)$/.exec(item)?.[1])
    if (Number.isNaN(step)) return [item]
    return Array.from({ length: Math.ceil(count / step) }, (_, n) => String(field.min + n * step))
  })
  const isNumber = (value: string): boolean => /^\d+$/.test(value)
  const numbers = values.filter(isNumber).toSorted((a, b) => Number(a) - Number(b))
  return [...new Set([...numbers, ...values.filter((value) => !isNumber(value))])].join(',')
}

function time(second: string, minute: string, hour: string): string {
  const isFixed = (field: string): boolean => !field.includes('*')
  const [minutes, hours] = [minute.split(','), hour.split(',')]
  const two = (value: string): string => value.padStart(2, '0')
  if (isFixed(second) && isFixed(minute) && isFixed(hour) && !second.includes(',')) {
    const tail = second === '0' ? '' : `:${two(second)}`
    const times = hours.flatMap((at) => minutes.map((past) => `${two(at)}:${two(past)}${tail}`))
    if (times.length <= 6) return `at ${join(times)}`
  }
  return [
    second === '0' ? '' : every(second, 'second'),
    minute === '*' && second !== '0' ? '' : every(minute, 'minute'),
    hour === '*' ? (isFixed(minute) ? 'of every hour' : '') : within(hour),
  ]
    .filter((text) => text !== '')
    .join(', ')
    .replace(', of every hour', ' of every hour')
}

function every(field: string, unit: string): string {
  if (field === '*') return `every ${unit}`
  const step = /^\*\/(\d+)$/.exec(field)?.[1]
  if (step !== undefined) return step === '1' ? `every ${unit}` : `every ${step} ${unit}s`
  return `at ${unit} ${list(field)}`
}

function within(hour: string): string {
  const step = /^\*\/(\d+)$/.exec(hour)?.[1]
  if (step !== undefined) return `in every ${ordinal(step)} hour from 00`
  return `in the hour${hour.includes(',') ? 's' : ''} ${list(hour, (value) => value.padStart(2, '0'))}`
}

function dayOfMonth(day: string): string {
  const step = /^\*\/(\d+)$/.exec(day)?.[1]
  if (step !== undefined) return `every ${ordinal(step)} day from the 1st of the month`
  return `the ${list(day, (value) => (value === 'L' ? 'last day' : ordinal(value)))} of the month`
}

function months(month: string): string {
  const step = /^\*\/(\d+)$/.exec(month)?.[1]
  if (step !== undefined) return `every ${ordinal(step)} month from January`
  return list(month, (value) => MONTHS[Number(value) - 1] ?? value)
}

/** 0 and 7 are one day. */
function sundaysOnce(weekday: string): string {
  const values = weekday.split(',')
  return values.includes('7') ? values.filter((value) => value !== '0').join(',') : weekday
}

function dayOfWeek(value: string): string {
  const step = /^\*\/(\d+)$/.exec(value)?.[1]
  if (step !== undefined) return `every ${ordinal(step)} weekday from Sunday`
  const [, weekday = '', special, nth] = /^(\d)(?:(L)|#(\d))?$/.exec(value) ?? []
  const name = DAYS[Number(weekday) % 7] ?? weekday
  if (special !== undefined) return `the last ${name} of the month`
  return nth === undefined ? name : `the ${ordinal(nth)} ${name} of the month`
}

/** Values, three or more in a row as a range. */
function list(field: string, say: (value: string) => string = (value) => value): string {
  const values = field.split(',')
  const numbers = [...new Set(values)].map(Number)
  if (numbers.some(Number.isNaN)) return join(values.map(say))
  numbers.sort((a, b) => a - b)
  const runs: number[][] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run !== undefined && run.at(-1) === number - 1) run.push(number)
    else runs.push([number])
  }
  return join(
    runs.flatMap((run) => {
      const [first, last] = [String(run[0]), String(run.at(-1))]
      return run.length < 3 ? run.map((value) => say(String(value))) : [`${say(first)} to ${say(last)}`]
    }),
  )
}

function join(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${String(words.at(-1))}`
}

function ordinal(number: string): string {
  const [tens, ones] = [Number(number) % 100, Number(number) % 10]
  if (tens >= 11 && tens <= 13) return `${number}th`
  return `${number}${ones === 1 ? 'st' : ones === 2 ? 'nd' : ones === 3 ? 'rd' : 'th'}`
}
