import type { Mutation } from './mutation.ts'

/** Faults that no test can find, or none needs to, by their file and what is changed; and why. */
const EXPLAINED: readonly { readonly file: string; readonly fault: string; readonly why: string }[] = []

/** Undefined: nobody has explained it. */
export function explanationOf({ file, fault }: Mutation): string | undefined {
  return EXPLAINED.find((each) => each.file === file && each.fault === fault)?.why
}
