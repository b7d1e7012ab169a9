import { CallbackTypeError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { isStorable } from '../text/is-storable.ts'
import { reasonOf } from '../text/reason-of.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Marks what JSON has no word for; a user's own object with that key is wrapped, too. */
const TAG = '$pawl'

/**
 * Arguments as JSON that comes back as it was: also `bigint`, `Date`, bytes, `undefined`, NaN and infinities.
 * @throws CallbackTypeError that names what cannot be stored
 */
export function encodeArguments(subject: string, args: Readonly<Record<string, unknown>>): Json {
  const refuse = (path: readonly string[], what: string): CallbackTypeError => {
    const place = path.length === 0 ? 'they' : `argument "${path.join('.')}"`
    return new CallbackTypeError(`${subject} cannot be queued: ${place} cannot be stored, ${what}`, {
      hint: 'Durable firings carry plain data: text, numbers, bigint, booleans, null, dates, bytes, arrays and objects.',
    })
  }
  try {
    return encode(args, [], refuse)
  } catch (error) {
    // By a getter or a proxy of the user's.
    throw error instanceof CallbackTypeError ? error : refuse([], `reading them failed: ${reasonOf(error)}`)
  }
}

const MOST_DEEP = 100

function encode(
  value: unknown,
  path: readonly string[],
  refuse: (path: readonly string[], what: string) => Error,
): Json {
  if (path.length > MOST_DEEP)
    throw refuse(path.slice(0, MOST_DEEP + 1), 'it is nested too deep, or in a circle')
  switch (typeof value) {
    case 'string':
      return isStorable(value)
        ? value
        : { [TAG]: 'text', value: Buffer.from(value, 'utf16le').toString('base64') }
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [TAG]: 'number', value: Object.is(value, -0) ? '-0' : String(value) }
    case 'bigint':
      return { [TAG]: 'bigint', value: String(value) }
    case 'undefined':
      return { [TAG]: 'undefined' }
    case 'object':
      break
    default:
      throw refuse(path, `it is ${describeValue(value)}`)
  }
  if (value === null) return null
  if (value instanceof Date) return { [TAG]: 'date', value: value.getTime() }
  if (value instanceof Uint8Array) return { [TAG]: 'bytes', value: Buffer.from(value).toString('base64') }
  // Not `value.map`, which leaves holes as they are: JSON would have null for them.
  if (Array.isArray(value))
    return Array.from(value, (item, at) => encode(item, [...path, String(at)], refuse))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw refuse(path, `it is ${describeValue(value)}`)
  const entries = Object.entries(value).map(([key, item]) => {
    // Refused here: an error of PostgreSQL's would end the transaction of a level, also where the firing's is caught.
    if (!isStorable(key))
      throw refuse(path, `its field ${describeValue(key)} has a name with a NUL or half a surrogate pair`)
    return [key, encode(item, [...path, key], refuse)] as const
  })
  const encoded = Object.fromEntries(entries)
  return Object.hasOwn(encoded, TAG) ? { [TAG]: 'object', value: encoded } : encoded
}

/** What `encodeArguments` was given. @throws SyntaxError where a value that is marked with `$pawl` is none of its kind: a person wrote it */
export function decodeArguments(json: unknown): Readonly<Record<string, unknown>> {
  return decode(json as Json) as Readonly<Record<string, unknown>>
}

function decode(json: Json): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(decode)
  const fields = json as { readonly [key: string]: Json }
  if (Object.hasOwn(fields, TAG)) return decodeTagged(fields)
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, decode(value)]))
}

function decodeTagged(fields: { readonly [key: string]: Json }): unknown {
  const value = fields['value'] ?? null
  const text = typeof value === 'string' ? value : ''
  switch (fields[TAG]) {
    case 'bigint':
      // PostgreSQL's and JavaScript's own words for it name neither the value nor what would be right.
      if (!/^-?\d+$/.test(text)) throw unreadable(fields, 'a whole number as a text, such as "1000"')
      return BigInt(text)
    case 'number':
      return Number(value)
    case 'date':
      if (value !== null && typeof value !== 'number') throw unreadable(fields, 'milliseconds since 1970')
      return new Date(value ?? Number.NaN)
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'))
    case 'text':
      return Buffer.from(text, 'base64').toString('utf16le')
    case 'object':
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]) => [key, decode(item as Json)]),
      )
    case 'undefined':
      return undefined
    default:
      throw new SyntaxError(
        `there is no { "$pawl": ${describeValue(fields[TAG])} }; there are "bigint", "date", "bytes", "number", "text", "object" and "undefined"`,
      )
  }
}

const unreadable = (
  { [TAG]: kind, value }: { readonly [key: string]: Json },
  expected: string,
): SyntaxError =>
  new SyntaxError(
    `{ "$pawl": ${describeValue(kind)} } has a value that is ${expected}, got ${describeValue(value)}`,
  )
