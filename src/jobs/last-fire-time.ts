import type { Trigger } from './trigger.ts'

/** Steps that are walked before it is looked for by halving: most are close. */
const WALKED = 8

/** The last fire time up to `until`, where `known` is one. By halving: walking through a year of seconds takes minutes. */
export function lastFireTime(trigger: Trigger, known: Date, until: Date): Date {
  let last = known
  for (let step = 0; step < WALKED; step++) {
    const next = trigger.next(last)
    if (next === undefined || next > until) return last
    last = next
  }
  let after = until.getTime()
  while (after - last.getTime() > 1) {
    const middle = new Date(Math.floor((last.getTime() + after) / 2))
    const next = trigger.next(middle)
    if (next !== undefined && next <= until) last = next
    else after = middle.getTime()
  }
  return last
}
