const DAY = 86_400_000

/** What the clocks of `timezone` read at an instant (ms, whole seconds), as an instant of UTC that reads like it. */
export function localTimeIn(timezone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  return (instant) => Date.parse(`${format.format(instant).replace(' ', 'T')}Z`)
}

/**
 * The instant at which the clocks of `timezone` read `local`: the first of two, and where they are set forward over it, so much later as
 * they are set forward. Both in ms, `local` as an instant of UTC that reads like it.
 */
export function instantOf(local: number, timezone: string): number {
  if (timezone === 'UTC') return local
  const localOf = localTimeIn(timezone)
  const seconds = Math.floor(local / 1_000) * 1_000
  const [before, after] = [seconds - DAY, seconds + DAY].map((near) => local - (localOf(near) - near))
  const first = before ?? local
  const reads = (instant: number): boolean => localOf(Math.floor(instant / 1_000) * 1_000) === seconds
  return !reads(first) && after !== undefined && reads(after) ? after : first
}
