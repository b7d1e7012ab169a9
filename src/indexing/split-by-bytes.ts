/** Parts of at most so many bytes, in their order; what takes more by itself is a part of its own. */
export function splitByBytes<T>(
  items: readonly T[],
  most: number,
  bytesOf: (item: T) => number,
): readonly (readonly T[])[] {
  const parts: T[][] = []
  let bytes = Infinity
  for (const item of items) {
    const taken = bytesOf(item)
    bytes += taken
    const part = parts.at(-1)
    if (part !== undefined && bytes <= most) part.push(item)
    else {
      parts.push([item])
      bytes = taken
    }
  }
  return parts
}
