import type { HookArgs } from '../hooks/hook.ts'
import type { Field, FieldKind } from './shown.ts'

/** What is read of a valibot schema. Its own types say no more of one that may be any. */
interface Schema {
  readonly kind?: string
  readonly type?: string
  readonly expects?: string
  readonly wrapped?: Schema
  readonly default?: unknown
  readonly pipe?: readonly Schema[]
  readonly options?: readonly unknown[]
  readonly literal?: unknown
}

/** How the arguments of a hook are asked for. Only the schema itself decides what is taken: this is for the form. */
export const fieldsOf = (args: HookArgs): readonly Field[] =>
  Object.entries(args).map(([name, schema]) => fieldOf(name, schema as Schema))

function fieldOf(name: string, schema: Schema): Field {
  const { expects = 'anything' } = schema
  const field = { name, expects, required: true, nullable: false, choices: [], default: undefined }
  return { ...field, ...read(schema) }
}

type Found = Pick<Field, 'kind'> & Partial<Pick<Field, 'required' | 'nullable' | 'choices' | 'default'>>

const OPTIONAL = new Set(['optional', 'exact_optional', 'undefinedable', 'nullish'])
const NULLABLE = new Set(['nullable', 'nullish'])

function read(schema: Schema): Found {
  const { type = '', wrapped, pipe } = schema
  if (wrapped !== undefined) {
    const inner = read(wrapped)
    return {
      ...inner,
      ...(OPTIONAL.has(type) ? { required: false } : {}),
      ...(NULLABLE.has(type) ? { nullable: true } : {}),
      ...defaultOf(schema, inner.kind),
    }
  }
  if (pipe !== undefined) {
    const [base = {}, ...steps] = pipe
    // What comes after a transformation says nothing about what is put in.
    const end = steps.findIndex(({ kind }) => kind === 'transformation' || kind === 'schema')
    const checks = end < 0 ? steps : steps.slice(0, end)
    const found = read(base)
    const isWhole = checks.some((step) => step.type === 'integer' || step.type === 'safe_integer')
    return found.kind === 'number' && isWhole ? { ...found, kind: 'integer' } : found
  }
  const choices = choicesOf(schema)
  if (choices !== undefined) return { kind: 'choice', choices }
  return { kind: kindOf(schema) }
}

const KINDS: Readonly<Record<string, FieldKind>> = {
  string: 'text',
  number: 'number',
  bigint: 'bigint',
  boolean: 'boolean',
  date: 'date',
}

/** The types of a config file are custom schemas, called as they are written there. */
const WRITTEN: Readonly<Record<string, FieldKind>> = {
  bool: 'boolean',
  int: 'integer',
  float: 'number',
  str: 'text',
  bigint: 'bigint',
  bytes: 'text',
  'decimal.Decimal': 'text',
  'datetime.datetime': 'date',
  'datetime.date': 'text',
  'uuid.UUID': 'text',
}

const kindOf = ({ type = '', expects = '' }: Schema): FieldKind =>
  (type === 'custom' ? WRITTEN[expects] : KINDS[type]) ?? 'json'

/** Of literals, pick lists, and unions of literals. */
function choicesOf({ type, options, literal }: Schema): readonly string[] | undefined {
  if (type === 'literal') return asJson([literal])
  if (type === 'picklist' || type === 'enum') return asJson(options ?? [])
  if (type !== 'union' || options === undefined) return undefined
  const inner = (options as readonly Schema[]).map(choicesOf)
  return inner.every((choices) => choices !== undefined) ? inner.flat() : undefined
}

function asJson(values: readonly unknown[]): readonly string[] | undefined {
  const isPlain = values.every((value) => ['string', 'number', 'boolean'].includes(typeof value))
  return isPlain ? values.map((value) => JSON.stringify(value)) : undefined
}

function defaultOf({ default: value }: Schema, kind: FieldKind): Pick<Field, 'default'> | undefined {
  if (typeof value === 'bigint') return { default: JSON.stringify(String(value)) }
  if (value instanceof Date) return { default: JSON.stringify(value) }
  if (kind !== 'json' && !['string', 'number', 'boolean'].includes(typeof value)) return undefined
  try {
    const text = JSON.stringify(value)
    return text === undefined ? undefined : { default: text }
  } catch {
    return undefined
  }
}
