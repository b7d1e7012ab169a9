import { lastFireTime } from './last-fire-time.ts'
import type { Trigger } from './trigger.ts'

/** At most so many fire times are told of at once: a job of each second, down for a year, has 31 million. */
export const MOST_FIRE_TIMES = 1_000

export interface DueFireTimes {
  /** In order. Where there are more than `MOST_FIRE_TIMES`: the first of them, and the very last. */
  readonly fireTimes: readonly Date[]
  readonly capped: boolean
  /** The first that has not come yet. */
  readonly next: Date | undefined
}

/** The fire times of `trigger` after `after` that have come by `now`. */
export function dueFireTimes(trigger: Trigger, after: Date, now: Date): DueFireTimes {
  const fireTimes: Date[] = []
  let next = trigger.next(after)
  while (next !== undefined && next <= now) {
    if (fireTimes.length === MOST_FIRE_TIMES) {
      fireTimes[MOST_FIRE_TIMES - 1] = lastFireTime(trigger, next, now)
      return { fireTimes, capped: true, next: trigger.next(now) }
    }
    fireTimes.push(next)
    next = trigger.next(next)
  }
  return { fireTimes, capped: false, next }
}
