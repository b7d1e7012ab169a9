import { shorten } from './shorten.ts'

/** A value as error messages quote it: `"abc"`, `12`, `an array`. Short, and never throws, whatever it is. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value, 60))
  if (typeof value === 'bigint') return describeBigint(value)
  if (typeof value === 'function')
    return isGenerator(value) ? 'a generator (function*), which runs nothing when it is called' : 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return describeObject(value)
  } catch {
    // A proxy, or a getter that throws.
    return 'an object'
  }
}

/** `function*`, also an async one. */
export function isGenerator(value: unknown): boolean {
  return /^\[object (?:Async)?GeneratorFunction\]$/.test(Object.prototype.toString.call(value))
}

function describeBigint(value: bigint): string {
  const digits = String(value)
  return digits.length > 80 ? `a bigint of ${digits.length} characters` : `${digits}n`
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (value instanceof Promise) return 'a promise (await it)'
  const name: unknown = value.constructor?.name
  if (typeof name !== 'string' || name === '' || name === 'Object')
    return Object.keys(value).length === 0 ? 'an empty object' : 'an object'
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${shorten(name, 60)}`
}
