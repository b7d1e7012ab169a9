import { compareDialects } from '../../jobs/crontab-dialect.ts'
import { at, isTimezone } from '../config-reader.ts'
import type { YamlJob } from './yaml-jobs.ts'

export interface DialectCheck {
  /** Of crontabs that name none. */
  readonly timezone: string
  /** Of the machine: DipDup reads every crontab in it. */
  readonly hostTimezone: string
  readonly now: Date
}

type Warn = (path: string, message: string) => void

/**
 * Tells the crontabs of a DipDup file that fire at other times here than there: APScheduler counts the days of the week from
 * Monday, wants both days to fit, and takes the host's time zone. A job with a `dialect` has been looked at by its author.
 */
export function warnOfCrontabs(
  jobs: ReadonlyMap<string, YamlJob>,
  { timezone, hostTimezone, now }: DialectCheck,
  warn: Warn,
): void {
  const crontabs = [...jobs].flatMap(([name, { crontab, dialect, timezone: own = timezone }]) =>
    typeof crontab === 'string' && dialect === undefined && isTimezone(own)
      ? [{ path: at(at('jobs', name), 'crontab'), crontab, zone: own }]
      : [],
  )
  for (const { path, crontab, zone } of crontabs) {
    const meanings = compareDialects(crontab, { timezone: zone, from: now })
    // What Pawl cannot read is an error, told as such.
    if (meanings === undefined || meanings.cron.error !== undefined) continue
    const { cron, apscheduler } = meanings
    const there =
      apscheduler.error === undefined ? `DipDup at ${list(apscheduler.fireTimes)}` : 'DipDup refuses it'
    warn(
      path,
      `means something else here: Pawl fires at ${list(cron.fireTimes)}; ${there}. Write "dialect: apscheduler" below it for DipDup's times, or "dialect: cron" if Pawl's are right`,
    )
  }
  const [first] = crontabs.filter(({ zone }) => zone !== hostTimezone)
  if (first !== undefined)
    warn(
      first.path,
      `is in the time zone ${first.zone} here; DipDup takes the machine's, ${hostTimezone}. Set advanced.scheduler's apscheduler.timezone for another`,
    )
}

const list = (times: readonly Date[]): string =>
  times.map((time) => time.toISOString().replace(/:\d\d\.\d+Z$/, 'Z')).join(', ')
