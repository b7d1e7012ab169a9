import { lastFireTime } from './last-fire-time.ts'
import type { Trigger } from './trigger.ts'

/**
 * The same schedule with each fire time up to `jitter` ms later: by a hash of `seed` and the fire time, so that every
 * process and every start gives the same, and no lateness adds up. Never past the next fire time nor `end`, so the order
 * stays.
 */
export function withJitter(
  trigger: Trigger,
  options: { readonly jitter: number; readonly seed: string; readonly end: Date | undefined },
): Trigger {
  const { jitter, seed, end } = options
  const shift = (base: Date): Date => {
    const next = trigger.next(base)
    const room = Math.min(jitter, gap(base, next), end === undefined ? Infinity : gap(base, end) + 1)
    return new Date(base.getTime() + Math.floor(hash(`${seed} ${base.getTime()}`) * Math.max(room, 1)))
  }
  return {
    kind: trigger.kind,
    next(after) {
      const before = lastUntil(trigger, after, jitter)
      const shifted = before === undefined ? undefined : shift(before)
      if (shifted !== undefined && shifted > after) return shifted
      const base = trigger.next(after)
      return base === undefined ? undefined : shift(base)
    },
    describe: () => `${trigger.describe()}, jitter ${jitter / 1_000} s`,
    anchoredAt: (anchor) => withJitter(trigger.anchoredAt(anchor), options),
  }
}

const gap = (from: Date, to: Date | undefined): number => (to?.getTime() ?? Infinity) - from.getTime()

/** The last fire time up to `until` that is less than `reach` ms ago. Looks a short way back first: most are close. */
function lastUntil(trigger: Trigger, until: Date, reach: number): Date | undefined {
  for (let back = Math.min(1_000, reach); ; back = Math.min(back * 8, reach)) {
    const known = trigger.next(new Date(until.getTime() - back))
    if (known !== undefined && known <= until) return lastFireTime(trigger, known, until)
    if (back === reach) return undefined
  }
}

/** From 0 to below 1: FNV-1a, stirred as MurmurHash does, for one digit more or less must change everything. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32
}
