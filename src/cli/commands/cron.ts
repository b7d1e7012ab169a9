import { InvalidArgumentError, Option, type Command } from 'commander'
import { ConfigurationError } from '../../errors.ts'
import { parseCrontab, type CrontabDialect } from '../../jobs/crontab.ts'
import { explainCrontab } from '../../jobs/explain-crontab.ts'
import { takeFireTimes } from '../../jobs/next-fire-times.ts'
import { parseTrigger } from '../../jobs/parse-trigger.ts'
import type { Trigger } from '../../jobs/trigger.ts'
import { formatDuration } from '../../text/format-number.ts'
import { toJson } from '../../text/to-json.ts'
import type { CliContext, JsonOption } from './cli-context.ts'

interface CronOptions extends JsonOption {
  readonly timezone: string
  readonly dialect: CrontabDialect
  readonly from?: Date
  readonly count: number
}

export function addCron(program: Command, { out }: CliContext): void {
  program
    .command('cron')
    .description('explain a crontab in words and list its next fire times')
    .argument('<expression>', 'five fields, or six with the second first, quoted: "0 0 * * *"')
    .option('--timezone <name>', 'IANA name of a time zone', 'UTC')
    .addOption(
      new Option('--dialect <name>', 'whose rules the days follow')
        .choices(['cron', 'apscheduler'])
        .default('cron'),
    )
    .option('--from <time>', 'list what comes after this time (default: now)', readTime)
    .option('--count <number>', 'how many fire times', readCount, 5)
    .option('--json', 'print one JSON object')
    .action((expression: string, { timezone, dialect, from, count, json = false }: CronOptions) => {
      const now = from ?? new Date()
      const trigger = readCrontab(expression, { timezone, dialect })
      const times = takeFireTimes(trigger, { from: now, count })
      const meaning = explainCrontab(parseCrontab(expression, timezone, dialect))
      if (json) {
        out.write(`${toJson({ expression, timezone, dialect, meaning, from: now, fireTimes: times })}\n`)
        return
      }
      const local = localTimeFormat(timezone)
      out.write(`${meaning}\n`)
      for (const time of times)
        out.write(`  ${local(time)}  in ${formatDuration(time.getTime() - now.getTime())}\n`)
    })
}

function readCrontab(crontab: string, options: Pick<CronOptions, 'timezone' | 'dialect'>): Trigger {
  try {
    return parseTrigger({ crontab, ...options })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    // There is no config here whose path could be told.
    throw new ConfigurationError(error.issues.map(({ message }) => ({ path: '', message })))
  }
}

function readTime(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('Write a time such as 2026-01-31T12:00:00Z.')
  return time
}

// More than a screen or a test can use.
const LARGEST_COUNT = 10_000

function readCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > LARGEST_COUNT)
    throw new InvalidArgumentError(`Write a whole number from 1 to ${LARGEST_COUNT}.`)
  return count
}

/** `Mon 2026-01-05 00:00:00 GMT+01:00`: the zone's own clock, with its offset, so that a change of clocks can be seen. */
function localTimeFormat(timeZone: string): (time: Date) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  })
  return (time) => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]))
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? ''
    const date = `${part('year')}-${part('month')}-${part('day')}`
    return `${part('weekday')} ${date} ${part('hour')}:${part('minute')}:${part('second')} ${part('timeZoneName')}`
  }
}
