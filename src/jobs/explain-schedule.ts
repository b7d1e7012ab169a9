import { formatDuration } from '../text/format-number.ts'
import { parseCrontab, type CrontabDialect } from './crontab.ts'
import { explainCrontab } from './explain-crontab.ts'

const CRONTAB = /^crontab (.+?) \(([^(),]+)(?:, (\w+))?\)(.*)$/
const INTERVAL = /^every (\d+(?:\.\d+)?) s(.*)$/

/** What a trigger's `describe` says, as one would say it: `at 00:00, every day (UTC)`, `every 5 min`, `all the time`. */
export function explainSchedule(schedule: string): string {
  if (schedule === 'daemon') return 'all the time'
  const [, seconds, more = ''] = INTERVAL.exec(schedule) ?? []
  if (seconds !== undefined) {
    const isShort = Number(seconds) < 60
    return `every ${isShort ? `${Number(seconds)} s` : formatDuration(Number(seconds) * 1_000)}${more}`
  }
  const [, expression, timezone, dialect = 'cron', rest = ''] = CRONTAB.exec(schedule) ?? []
  if (expression === undefined || timezone === undefined) return schedule
  try {
    return `${explainCrontab(parseCrontab(expression, timezone, dialect as CrontabDialect))}${rest}`
  } catch {
    // Stored by a version that knew more.
    return schedule
  }
}
