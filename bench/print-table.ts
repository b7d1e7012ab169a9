export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** How many a second. */
export function rate(count: number, ms: number): string {
  return Math.round((count / ms) * 1_000).toLocaleString('en')
}

/** As Markdown, to be kept in bench/README.md. */
export function printTable(title: string, [head, ...rows]: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  console.log(`\n${title}\n`)
  for (const row of [head ?? [], (head ?? []).map(() => '---'), ...rows]) console.log(line(row))
}
