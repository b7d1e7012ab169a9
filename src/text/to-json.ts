import { PawlError } from '../errors.ts'
import { redact } from './redact.ts'

/**
 * One line of JSON of anything: bigints as decimal strings, Dates in ISO form, errors with code, hint and cause, maps and
 * sets as objects and arrays; what refers back to itself as `"[circular]"`. Passwords in URLs are redacted. Never throws.
 */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(plain(value, [])) ?? 'null'
  } catch (error) {
    // A getter or toJSON of the user's threw.
    return JSON.stringify({ unprintable: String(error) })
  }
}

function plain(value: unknown, parents: readonly object[]): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return redact(value)
  if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`
  if (typeof value === 'symbol') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (parents.includes(value)) return '[circular]'
  return plainObject(value, [...parents, value])
}

function plainObject(value: object, parents: readonly object[]): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Error) return plainError(value, parents)
  if (value instanceof Map)
    return plainEntries(
      [...value].map(([key, item]) => [String(key), item]),
      parents,
    )
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  if (value instanceof Set) return [...value].map((item) => plain(item, parents))
  if (Array.isArray(value)) return value.map((item) => plain(item, parents))
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), parents)
  return plainEntries(Object.entries(value), parents)
}

const plainEntries = (entries: readonly (readonly [string, unknown])[], parents: readonly object[]) =>
  Object.fromEntries(entries.map(([key, item]) => [key, plain(item, parents)]))

function plainError(error: Error, parents: readonly object[]): unknown {
  const { code } = error as { code?: unknown }
  return {
    name: error.name,
    message: redact(error.message),
    ...(code === undefined ? {} : { code: plain(code, parents) }),
    ...(error instanceof PawlError && error.hint !== undefined ? { hint: redact(error.hint) } : {}),
    ...(error instanceof AggregateError ? { errors: plain(error.errors, parents) } : {}),
    ...(error.cause === undefined ? {} : { cause: plain(error.cause, parents) }),
  }
}
