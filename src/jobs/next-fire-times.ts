import type { JobTrigger } from './job.ts'
import { parseTrigger, type TriggerOptions } from './parse-trigger.ts'
import type { Trigger } from './trigger.ts'

export interface FireTimesOptions extends TriggerOptions {
  /** Fire times after this (exclusive). */
  readonly from: Date
  /** How many at most. */
  readonly count: number
}

/**
 * The next fire times of a job's trigger; fewer than `count` when there are no more, none for a daemon. An interval without a
 * `start` counts from `from`. Jitter depends on the job's name: give it as `job`.
 * @throws ConfigurationError with all that is wrong with the trigger
 *
 * @example
 * nextFireTimes({ crontab: '0 0 * * *', timezone: 'Europe/Berlin' }, { from: new Date(), count: 3 })
 */
export function nextFireTimes(trigger: JobTrigger, options: FireTimesOptions): Date[] {
  return takeFireTimes(parseTrigger(trigger, options).anchoredAt(options.from), options)
}

/** The next fire times of a trigger that was parsed, and anchored, before. */
export function takeFireTimes(
  trigger: Trigger,
  { from, count }: { readonly from: Date; readonly count: number },
): Date[] {
  const times: Date[] = []
  while (times.length < count) {
    const time = trigger.next(times.at(-1) ?? from)
    if (time === undefined) break
    times.push(time)
  }
  return times
}
