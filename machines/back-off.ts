/** 0.5 s, 1 s, 2 s … 30 s: short enough to be back soon after a node restarts, long enough to be no load on it. */
export function backOff(attempt: number): number {
  return Math.min(30_000, 500 * 2 ** (attempt - 1))
}
