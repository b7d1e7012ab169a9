/** At most `most` characters; the last is `…` where some were cut off. */
export function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
