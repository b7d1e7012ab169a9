import { localTimeIn } from './local-time.ts'

/** A moment at which the clocks of a zone are set forward. Local times are instants of UTC that read like them. */
export interface ForwardChange {
  readonly instant: number
  /** The first local time that is skipped, and the first after them. */
  readonly skippedFrom: number
  readonly skippedTo: number
}

const DAY = 86_400_000

/** ms. Offsets have whole seconds. */
const PRECISION = 1_000

/** Of each zone, by year: looking for a year's takes 1 ms. */
const known = new Map<string, Map<number, readonly ForwardChange[]>>()

/** When the clocks of `timezone` are set forward after `from` and before `to`, in order. */
export function forwardChanges(timezone: string, from: Date, to: Date): readonly ForwardChange[] {
  if (timezone === 'UTC') return []
  const years = known.get(timezone) ?? new Map<number, readonly ForwardChange[]>()
  known.set(timezone, years)
  const found: ForwardChange[] = []
  for (let year = from.getUTCFullYear(); year <= to.getUTCFullYear(); year++) {
    const changes = years.get(year) ?? changesOf(timezone, year)
    years.set(year, changes)
    for (const change of changes)
      if (change.instant > from.getTime() && change.instant < to.getTime()) found.push(change)
  }
  return found
}

function changesOf(timezone: string, year: number): readonly ForwardChange[] {
  const localOf = localTimeIn(timezone)
  const offsetOf = (instant: number): number => localOf(instant) - instant
  const changes: ForwardChange[] = []
  const end = Date.UTC(year + 1, 0)
  for (let day = Date.UTC(year, 0); day < end; day += DAY) {
    const [before, after] = [offsetOf(day), offsetOf(day + DAY)]
    if (!(after > before)) continue
    let [low, high] = [day, day + DAY]
    while (high - low > PRECISION) {
      const middle = Math.floor((low + high) / 2 / PRECISION) * PRECISION
      if (offsetOf(middle) > before) high = middle
      else low = middle
    }
    changes.push({ instant: high, skippedFrom: high + before, skippedTo: high + after })
  }
  return changes
}
