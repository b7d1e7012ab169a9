const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export const count = (value: number): string => grouped.format(value)

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** `12 ms`, `3.4 s`, `2 min 5 s`, `3 h 20 min`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  return whole(ms)
}

/** In seconds at the least: what is shown of it changes once a second. */
export function whole(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 24 * 60) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.floor(minutes / 60)
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

const two = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' })

export const clockTime = (time: number): string => clock.format(time)

/** The time of day for what is near, with its day for what is not. */
export const shortTime = (time: number, now: number): string =>
  Math.abs(time - now) < 12 * 3_600_000 ? clock.format(time) : day.format(time)

export const fullTime = (time: number): string => full.format(time)

/** `in 5 min`, `3 s ago`. */
export const relative = (time: number, now: number): string =>
  time > now ? `in ${whole(time - now + 999)}` : `${whole(now - time)} ago`

export const rate = (perSecond: number): string =>
  `${perSecond < 10 ? perSecond.toFixed(1) : count(perSecond)} levels/s`
