/** ms. A server is asked again after an hour, whatever it says: some write the time at which it is over where seconds belong. */
const LONGEST = 3_600_000

/**
 * ms that a server wants to be left alone, by its header: seconds, or a date. Undefined: it does not say.
 * https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function readRetryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined
  const ms = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST, Math.max(0, ms))
}
