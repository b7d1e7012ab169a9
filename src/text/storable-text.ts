/** A text as PostgreSQL takes it: neither with NUL nor with half a surrogate pair. */
export function storableText(text: string): string {
  return Buffer.from(text.replaceAll('\0', '')).toString()
}
