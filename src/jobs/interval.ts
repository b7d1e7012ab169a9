const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Longer would leave the dates that JavaScript has. */
const LONGEST = 100_000 * 86_400_000

/**
 * An interval in ms: seconds as a number (≥ 1), or `'90s'`, `'5m'`, `'1h'`, `'1d'`.
 * @throws RangeError saying what would be right.
 */
export function parseInterval(interval: number | string): number {
  const ms = typeof interval === 'number' ? Math.round(interval * 1_000) : readText(interval)
  if (Number.isFinite(ms) && ms >= 1_000 && ms <= LONGEST) return ms
  const got = typeof interval === 'number' ? String(interval) : JSON.stringify(interval)
  throw new RangeError(`${got} is no interval: write seconds (1 or more), or '90s', '5m', '1h', '1d'`)
}

function readText(text: unknown): number {
  const [, amount, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([smhd])\s*$/i.exec(String(text)) ?? []
  return Math.round(Number(amount) * (UNITS[unit.toLowerCase()] ?? Number.NaN))
}

/**
 * The first of `anchor + n × every` after `after`; all in ms. Reckoned from the anchor each time, so that no lateness
 * adds up.
 */
export function nextInInterval(anchor: number, every: number, after: number): number {
  return anchor + Math.max(1, Math.floor((after - anchor) / every) + 1) * every
}
