const MOST = 100

/**
 * A statement on one line, cut: for messages.
 * @param position of the character that has to be in it, counted from 1
 */
export function shortenStatement(text: string, position = 1): string {
  const start = position <= MOST / 2 ? 0 : position - MOST / 2
  const line = text
    .slice(start, start + 5 * MOST)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return `${start === 0 ? '' : '…'}${line.length > MOST ? `${line.slice(0, MOST - 1)}…` : line}`
}
