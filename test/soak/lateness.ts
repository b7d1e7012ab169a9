/** How late jobs fired, since it was last asked. */
export function lateness() {
  let times: number[] = []
  return {
    note: (ms: number): void => void times.push(ms),
    take: () => {
      const sorted = times.toSorted((a, b) => a - b)
      times = []
      return {
        fired: sorted.length,
        late: sorted[Math.floor(sorted.length / 2)] ?? 0,
        latest: sorted.at(-1) ?? 0,
      }
    },
  }
}
