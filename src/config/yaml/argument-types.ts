import * as v from 'valibot'

/** What a type of an argument in a config file means: to the check of each firing, and to the compiler. */
export interface ArgumentType {
  /** Its `expects` is the type as it is written. */
  readonly schema: v.GenericSchema
  /** The TypeScript of what a firing passes, and of what the callback gets. */
  readonly input: string
  readonly output: string
}

/** The types that are no combination of others, by the name that a config gives them. */
export const ARGUMENT_TYPES: ReadonlyMap<string, ArgumentType> = new Map([
  plain('bool', 'boolean', (value) => typeof value === 'boolean'),
  plain('int', 'number', (value) => Number.isSafeInteger(value)),
  plain('float', 'number', (value) => typeof value === 'number' && !Number.isNaN(value)),
  plain('str', 'string', (value) => typeof value === 'string'),
  // Python's int has no limit; this is the one for what JavaScript's number cannot hold.
  converted('bigint', ['bigint', 'number'], 'bigint', isWhole, (value) => BigInt(value as number)),
  converted('bytes', ['Uint8Array', 'string'], 'Uint8Array', isBytes, toBytes),
  converted('decimal.Decimal', ['string', 'number', 'bigint'], 'string', isDecimal, String),
  converted('datetime.datetime', ['Date', 'string'], 'Date', isTime, toTime),
  plain('datetime.date', 'string', isDay),
  plain(
    'uuid.UUID',
    'string',
    (value) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
  ),
  plain('None', 'null', (value) => value === null),
  plain('list', 'readonly unknown[]', Array.isArray),
  plain('dict', 'Readonly<Record<string, unknown>>', isRecord),
  ['Any', { schema: v.any(), input: 'unknown', output: 'unknown' }],
])

/** Names an argument's schema as the config does, so that errors speak the config's words. */
export function named<Schema extends v.GenericSchema>(schema: Schema, expects: string): Schema {
  return { ...schema, expects }
}

type Entry = readonly [string, ArgumentType]

function plain(name: string, type: string, test: (value: unknown) => boolean): Entry {
  return [name, { schema: named(v.custom(test), name), input: type, output: type }]
}

function converted(
  name: string,
  inputs: readonly string[],
  output: string,
  test: (value: unknown) => boolean,
  convert: (value: unknown) => unknown,
): Entry {
  const schema = v.pipe(named(v.custom(test), name), v.transform(convert))
  return [name, { schema, input: inputs.join(' | '), output }]
}

function isWhole(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || (typeof value === 'string' && /^0x(?:[0-9a-f]{2})*$/i.test(value))
}

function toBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(Buffer.from((value as string).slice(2), 'hex'))
}

/** As text: a number of JavaScript has changed many a decimal before anyone could look. */
function isDecimal(value: unknown): boolean {
  if (typeof value === 'string') return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(value)
  return typeof value === 'bigint' || Number.isFinite(value)
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i

function isTime(value: unknown): boolean {
  if (value instanceof Date) return !Number.isNaN(value.getTime())
  return typeof value === 'string' && isDay(TIME.exec(value)?.[1]) && !Number.isNaN(toTime(value).getTime())
}

/** A time without an offset is UTC, whatever the machine's zone. */
function toTime(value: unknown): Date {
  if (value instanceof Date) return value
  const text = String(value).replace(' ', 'T')
  return new Date(text.includes('T') && TIME.exec(text)?.[2] === undefined ? `${text}Z` : text)
}

/** `2026-02-28`, and no 31st of February, which `Date` takes for a day in March. */
function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false
  const day = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value)
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
