import type { Crontab } from './crontab.ts'
import { nextInInterval } from './interval.ts'

/** When a job fires. Immutable; says, and does nothing. */
export interface Trigger {
  readonly kind: 'crontab' | 'interval' | 'daemon'
  /** The first fire time after this one (exclusive); undefined: none, or never by time (daemon). */
  next(after: Date): Date | undefined
  /** `crontab 0 0 * * * (UTC)`, `every 90 s`, `daemon`: the same for the same schedule. */
  describe(): string
  /** The same schedule counted from `anchor`: only intervals have one. */
  anchoredAt(anchor: Date): Trigger
}

const crontabTriggers = new WeakMap<Crontab, Trigger>()

/** One for all jobs with this crontab. */
export function crontabTrigger(crontab: Crontab): Trigger {
  const known = crontabTriggers.get(crontab)
  if (known !== undefined) return known
  const { expression, timezone, dialect } = crontab
  const notes = dialect === 'cron' ? timezone : `${timezone}, ${dialect}`
  const trigger: Trigger = {
    kind: 'crontab',
    next: crontab.next,
    describe: () => `crontab ${expression} (${notes})`,
    anchoredAt: () => trigger,
  }
  crontabTriggers.set(crontab, trigger)
  return trigger
}

/** Fires at `anchor + every`, `anchor + 2 × every`, … (ms). */
export const intervalTrigger = (every: number, anchor: number): Trigger => new IntervalTrigger(every, anchor)

/** A class, for there may be one for each of 100,000 jobs: functions of its own would take most of a job's memory. */
class IntervalTrigger implements Trigger {
  readonly kind = 'interval'
  readonly #every: number
  readonly #anchor: number

  constructor(every: number, anchor: number) {
    this.#every = every
    this.#anchor = anchor
  }

  next(after: Date): Date {
    return new Date(nextInInterval(this.#anchor, this.#every, after.getTime()))
  }

  describe(): string {
    return `every ${this.#every / 1_000} s`
  }

  anchoredAt(anchor: Date): Trigger {
    return new IntervalTrigger(this.#every, anchor.getTime())
  }
}

export const DAEMON: Trigger = {
  kind: 'daemon',
  next: () => undefined,
  describe: () => 'daemon',
  anchoredAt: () => DAEMON,
}

/** The same schedule from `start` to `end`, both inclusive. */
export function withBounds(
  trigger: Trigger,
  bounds: { readonly start: Date | undefined; readonly end: Date | undefined },
): Trigger {
  const { start, end } = bounds
  const before = start === undefined ? undefined : new Date(start.getTime() - 1)
  const bounded: Trigger = {
    kind: trigger.kind,
    next(after) {
      const time = trigger.next(before !== undefined && before > after ? before : after)
      return time !== undefined && end !== undefined && time > end ? undefined : time
    },
    describe: () =>
      [
        trigger.describe(),
        ...(start === undefined ? [] : [`from ${start.toISOString()}`]),
        ...(end === undefined ? [] : [`until ${end.toISOString()}`]),
      ].join(' '),
    // With a start an interval counts from there.
    anchoredAt: (anchor) => (start === undefined ? withBounds(trigger.anchoredAt(anchor), bounds) : bounded),
  }
  return bounded
}

/** The same schedule without the fire times at which its job was paused: after `from`, up to `to`. */
export function withPauses(
  trigger: Trigger,
  pauses: readonly { readonly from: Date; readonly to: Date }[],
): Trigger {
  if (pauses.length === 0) return trigger
  return {
    kind: trigger.kind,
    next(after) {
      let time = trigger.next(after)
      for (const { from, to } of pauses)
        if (time !== undefined && time > from && time <= to) time = trigger.next(to)
      return time
    },
    describe: () => trigger.describe(),
    anchoredAt: (anchor) => withPauses(trigger.anchoredAt(anchor), pauses),
  }
}
