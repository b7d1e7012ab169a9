/** ms. A server is asked again after an hour, whatever it says: some write the time at which it is over where seconds belong. */
const LONGEST = 3_600_000

/**
 * ms that a server wants to be left alone, by its header: seconds, or a date. Undefined: it does not say. Nor does one that says 0, or a time that
 * is over (by its clock or ours): who asked at once again would only be refused again.
 * https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function readRetryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined
  const ms = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - now
  return ms > 0 ? Math.min(LONGEST, ms) : undefined
}
