import { describeValue } from '../text/describe-value.ts'
import { isStorable } from '../text/is-storable.ts'

/** In bytes. With the name of a hook before it, it has to fit into a row of an index: 2,704 bytes. */
const LONGEST_KEY = 2_500

/** Why this is no key of a firing or of `ctx.once`; undefined where it is one. */
export function keyProblem(key: unknown): string | undefined {
  const expected = `expected a text of 1 to ${LONGEST_KEY} bytes`
  if (typeof key !== 'string' || key === '') return `${expected}, received ${describeValue(key)}`
  const bytes = Buffer.byteLength(key)
  if (bytes > LONGEST_KEY) return `${expected}, received ${bytes}: ${describeValue(key)}`
  if (isStorable(key)) return undefined
  return `${expected} that PostgreSQL can store, received one with a NUL or half a surrogate pair: ${describeValue(key)}`
}
