const MOST = 100

/** The beginning of a statement, on one line: for messages. */
export function shortenStatement(text: string): string {
  const line = text.slice(0, 500).replaceAll(/\s+/g, ' ').trim()
  return line.length > MOST ? `${line.slice(0, MOST - 1)}…` : line
}
