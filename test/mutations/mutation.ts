/** A fault that is put into a copy of the build, to see whether the tests find it. */
export interface Mutation {
  /** What is wrong then, in words; or `a < b → a <= b`. */
  readonly fault: string
  /** In `src/`, as compiled, without the ending. */
  readonly file: string
  readonly from: string
  readonly to: string
  /** Where in the compiled text, if not everywhere. */
  readonly at?: number
}

/** The text with the fault in it. @throws Error where there is nothing to change: the mutation has to be adapted */
export function mutate(source: string, { file, from, to, at }: Mutation): string {
  if (at !== undefined) return source.slice(0, at) + to + source.slice(at + from.length)
  if (!source.includes(from)) throw new Error(`${file} has no «${from}» any more: adapt the mutation`)
  return source.replaceAll(from, () => to)
}
