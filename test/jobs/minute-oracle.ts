/** One minute of the world's time, and what the clocks of a zone show then. */
interface Minute {
  readonly instant: number
  readonly local: Date
}

/** What a crontab allows, said without a crontab. */
export interface Allowed {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** Day of month and day of week: one of them is enough. */
  readonly either: boolean
  /** Hour or minute has a `*`. */
  readonly wild: boolean
}

const MINUTE = 60_000

/**
 * Fire times the slow and obvious way: walks minute by minute and looks at the clock on the wall. Local times are kept as
 * UTC dates that read like them.
 */
export class MinuteOracle {
  readonly #minutes: readonly Minute[]

  constructor(zone: string, from: string, days: number) {
    const format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    const start = new Date(from).getTime()
    this.#minutes = Array.from({ length: days * 1_440 }, (_, at) => {
      const instant = start + at * MINUTE
      return { instant, local: new Date(`${format.format(instant).replace(' ', 'T')}Z`) }
    })
  }

  fireTimes(allowed: Allowed): Date[] {
    const fired: Date[] = []
    let latest = -Infinity
    for (const [at, { instant, local }] of this.#minutes.entries()) {
      const previous = this.#minutes[at - 1]?.local.getTime()
      const now = local.getTime()
      const isRepeated = now <= latest
      latest = Math.max(latest, now)
      if (allowed.wild) {
        if (fits(allowed, local)) fired.push(new Date(instant))
        continue
      }
      let fires = !isRepeated && fits(allowed, local)
      // What the clock jumped over counts for the minute that it jumped to.
      for (let skipped = (previous ?? now) + MINUTE; skipped < now && !isRepeated; skipped += MINUTE)
        fires ||= fits(allowed, new Date(skipped))
      if (fires) fired.push(new Date(instant))
    }
    return fired
  }
}

function fits(allowed: Allowed, local: Date): boolean {
  const day = allowed.days.has(local.getUTCDate())
  const weekday = allowed.weekdays.has(local.getUTCDay())
  return (
    allowed.minutes.has(local.getUTCMinutes()) &&
    allowed.hours.has(local.getUTCHours()) &&
    allowed.months.has(local.getUTCMonth() + 1) &&
    (allowed.either ? day || weekday : day && weekday)
  )
}
