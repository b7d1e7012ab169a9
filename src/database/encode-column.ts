import { describeValue } from '../text/describe-value.ts'
import type { ColumnShape } from './table-shapes.ts'

/** Values that cannot be of the column, told to who knows table and row. */
export class UnfitValue extends Error {}

type Encode = (value: unknown) => string

/**
 * A column of many rows as one array of PostgreSQL, in text. Of an array column it is an array of texts, each to be cast:
 * PostgreSQL's arrays are no arrays of arrays.
 * @throws UnfitValue
 */
export function encodeColumn(column: ColumnShape, values: readonly unknown[]): string {
  const encode = column.isArray ? encoderOfArray(column.type) : encoderOf(column.type)
  const parts: string[] = []
  for (const value of values) parts.push(value === null ? 'null' : encode(value))
  return `{${parts.join(',')}}`
}

/**
 * What a key's value is the same as, for PostgreSQL, too; undefined: only PostgreSQL knows.
 * @throws UnfitValue
 */
export function identityOf(column: ColumnShape, value: unknown): string | undefined {
  if (value === null || column.isArray) return undefined
  switch (column.type) {
    case 'text':
    case 'character varying':
      return column.isExact ? text(value) : undefined
    case 'bytea':
    case 'boolean':
      return encoderOf(column.type)(value)
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric': {
      const digits = text(value)
      return /^-?(0|[1-9]\d{0,80})$/.test(digits) && digits !== '-0' ? digits : undefined
    }
    case 'uuid': {
      const id = text(value).toLowerCase()
      return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id) ? id : undefined
    }
    case 'timestamp with time zone':
      return value instanceof Date ? text(value) : undefined
    default:
      return undefined
  }
}

function encoderOf(type: string): Encode {
  switch (type) {
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'double precision':
    case 'real':
      return encodeNumber
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? String(value) : quote(text(value)))
    case 'bytea':
      return (value) => `"\\\\x${bytes(value)}"`
    case 'json':
    case 'jsonb':
      return (value) => quote(json(value))
    default:
      return (value) => quote(text(value))
  }
}

/** Of its elements; nested as deep as they are. */
function encoderOfArray(type: string): Encode {
  const element = encoderOf(type.replace(/(\[\])+$/, ''))
  const literal = (values: readonly unknown[]): string =>
    `{${values.map((value) => (Array.isArray(value) ? literal(value) : value === null ? 'null' : element(value))).join(',')}}`
  return (value) => {
    if (typeof value === 'string') return quote(value)
    if (!Array.isArray(value)) throw new UnfitValue(`expected an array, got ${describeValue(value)}`)
    return quote(literal(value))
  }
}

function encodeNumber(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value)
  return quote(text(value))
}

function text(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
  }
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  throw new UnfitValue(`expected a value of its type, got ${describeValue(value)}`)
}

/** A text would be taken for the bytes of its letters, silently: a hash would not be what it says. */
function bytes(value: unknown): string {
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
  }
  if (typeof value === 'string' && /^0x([\da-f]{2})*$/i.test(value)) return value.slice(2).toLowerCase()
  throw new UnfitValue(`expected bytes (a Uint8Array, or 0x and hex digits), got ${describeValue(value)}`)
}

function json(value: unknown): string {
  try {
    const written = JSON.stringify(value)
    if (written !== undefined) return written
  } catch (error) {
    throw new UnfitValue(
      `expected what JSON can hold, got ${describeValue(value)}: ${error instanceof Error ? error.message : ''}`,
    )
  }
  throw new UnfitValue(`expected what JSON can hold, got ${describeValue(value)}`)
}

const SPECIAL = /["\\]/

function quote(value: string): string {
  return SPECIAL.test(value) ? `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `"${value}"`
}
