import type { ConfigurationIssue } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { isStorable } from '../text/is-storable.ts'

/** What of a job JSON would not bring back, or PostgreSQL would not take, with paths from `path` on. */
export function checkStorable(path: string, job: object): readonly ConfigurationIssue[] {
  return [...unstorable(path, job, [`${path}.start`, `${path}.end`])]
}

/** @param times where a `Date` may stand: it comes back as text, which is taken there, too */
function* unstorable(path: string, value: unknown, times: readonly string[]): Iterable<ConfigurationIssue> {
  if (value === null || value === undefined || typeof value === 'boolean') return
  if (typeof value === 'string') {
    if (!isStorable(value)) yield { path, message: `${NOT_TEXT}: ${describeValue(value)}` }
    return
  }
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (value instanceof Date && times.includes(path)) return
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  if (typeof value !== 'object' || !isPlain) {
    yield { path, message: NOT_JSON }
    return
  }
  for (const [key, part] of Object.entries(value)) {
    if (isStorable(key)) yield* unstorable(`${path}.${key}`, part, times)
    else yield { path, message: `${NOT_TEXT} as a field's name: ${describeValue(key)}` }
  }
}

const NOT_JSON =
  'cannot be stored as JSON: a job that is added at run time takes text, numbers, booleans, arrays and objects of them'
const NOT_TEXT = 'cannot be stored: PostgreSQL takes no text with a NUL or half a surrogate pair'
