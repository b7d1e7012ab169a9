import * as v from 'valibot'
import { describeValue } from '../../text/describe-value.ts'
import { didYouMean, listWords } from '../../text/did-you-mean.ts'
import { ARGUMENT_TYPES, named, type ArgumentType } from './argument-types.ts'

export interface ParsedArgumentType extends ArgumentType {
  /** It has a default, so that a firing may leave it out. */
  readonly optional: boolean
  /** Types that Pawl does not know, such as `demo.models.Side`: any value passes. */
  readonly unchecked: readonly string[]
}

/** A type of an argument that cannot be read; the message says what would be right. */
export class ArgumentTypeError extends Error {}

// As Python knows them, beside the names in `ARGUMENT_TYPES`.
const OTHER_NAMES: Readonly<Record<string, string>> = {
  Decimal: 'decimal.Decimal',
  datetime: 'datetime.datetime',
  date: 'datetime.date',
  UUID: 'uuid.UUID',
  List: 'list',
  Dict: 'dict',
  object: 'Any',
  any: 'Any',
}
const GENERICS = ['list', 'dict', 'Optional', 'Union']

/**
 * Reads a type as hooks of a config file name it: `int`, `decimal.Decimal`, `list[str]`, `Optional[int] = None`, `int | None`.
 * @throws ArgumentTypeError
 */
export function parseArgumentType(written: string): ParsedArgumentType {
  const [annotation = '', ...defaults] = written.split('=')
  const parser = new Parser(annotation)
  const type = parser.whole()
  const { unchecked } = parser
  if (defaults.length === 0) return { ...type, optional: type.input === 'unknown', unchecked }
  const fallback = readDefault(defaults.join('=').trim(), type.schema.expects)
  if (!v.is(type.schema, fallback)) {
    const expected = type.schema.expects
    throw new ArgumentTypeError(`the default ${describeValue(fallback)} is no ${expected}`)
  }
  return { ...type, schema: v.optional(type.schema, fallback as never), optional: true, unchecked }
}

function readDefault(text: string, expected: string): unknown {
  const constants = new Map<string, unknown>([
    ['None', null],
    ['True', true],
    ['False', false],
  ])
  if (constants.has(text)) return constants.get(text)
  const quoted = /^'([^'\\]*)'$|^"([^"\\]*)"$/.exec(text)
  if (quoted !== null) return quoted[1] ?? quoted[2]
  if (/^-?\d+(?:\.\d+)?$/.test(text)) {
    // With all of its digits.
    if (/\bdecimal\.Decimal\b/.test(expected)) return text
    const isTooLarge = /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text))
    return isTooLarge && !/\bfloat\b/.test(expected) ? BigInt(text) : Number(text)
  }
  throw new ArgumentTypeError(`the default "${text}" cannot be read: write None, True, 12 or 'text'`)
}

class Parser {
  readonly unchecked: string[] = []
  readonly #text: string
  readonly #tokens: string[]
  #deep = 0

  constructor(text: string) {
    this.#text = text.trim()
    this.#tokens = this.#text.match(/[\w.]+|\S/g) ?? []
  }

  whole(): ArgumentType {
    const type = this.#union()
    if (this.#tokens.length > 0) throw this.#unreadable()
    return type
  }

  #union(): ArgumentType {
    if (++this.#deep > 10) throw this.#unreadable()
    const types = [this.#one()]
    while (this.#take('|')) types.push(this.#one())
    this.#deep -= 1
    return union(types)
  }

  #one(): ArgumentType {
    const token = this.#tokens.shift()
    if (token === undefined || !/^[A-Za-z_]/.test(token)) throw this.#unreadable()
    const short = token.replace(/^typing\./, '')
    const name = Object.hasOwn(OTHER_NAMES, short) ? (OTHER_NAMES[short] ?? short) : short
    const parameters = GENERICS.includes(name) && this.#take('[') ? this.#parameters() : []
    if (parameters.length > 0) return this.#generic(name, parameters)
    const type = ARGUMENT_TYPES.get(name)
    if (type !== undefined) return type
    if (!name.includes('.') || name.endsWith('.')) {
      const known = [...ARGUMENT_TYPES.keys()]
      const python = OTHERS_NAMES.get(name)
      const guess = python === undefined ? didYouMean(name, known) : ` – did you mean "${python}"?`
      throw new ArgumentTypeError(`there is no type "${name}"${guess || `; known are ${listWords(known)}`}`)
    }
    this.unchecked.push(name)
    return { schema: named(v.any(), name), input: 'unknown', output: 'unknown' }
  }

  #parameters(): readonly ArgumentType[] {
    const types = [this.#union()]
    while (this.#take(',')) types.push(this.#union())
    if (!this.#take(']')) throw this.#unreadable()
    return types
  }

  #generic(name: string, [first, second, ...more]: readonly ArgumentType[]): ArgumentType {
    const none = ARGUMENT_TYPES.get('None')
    if (first === undefined || none === undefined) throw this.#unreadable()
    if (name === 'Union') return union([first, ...(second === undefined ? [] : [second]), ...more])
    if (name === 'Optional' && second === undefined) return union([first, none])
    if (name === 'list' && second === undefined) {
      const schema = named(v.array(first.schema), `list[${first.schema.expects}]`)
      return { schema, input: `readonly (${first.input})[]`, output: `readonly (${first.output})[]` }
    }
    if (name === 'dict' && second !== undefined && more.length === 0 && first.input === 'string') {
      const expects = `dict[${first.schema.expects}, ${second.schema.expects}]`
      const record = (type: string): string => `Readonly<Record<string, ${type}>>`
      const schema = v.pipe(named(isDict, expects), v.record(v.string(), second.schema))
      return { schema, input: record(second.input), output: record(second.output) }
    }
    throw this.#unreadable()
  }

  #take(token: string): boolean {
    if (this.#tokens[0] !== token) return false
    this.#tokens.shift()
    return true
  }

  #unreadable(): ArgumentTypeError {
    const text = this.#text.slice(0, 60)
    return new ArgumentTypeError(
      text === ''
        ? 'expected a type such as bool, int, str or decimal.Decimal, but there is none'
        : `"${text}" is no type: write one such as int, list[str], dict[str, int] or Optional[int] = None`,
    )
  }
}

/** What TypeScript, JSON Schema and SQL call them. */
const OTHERS_NAMES: ReadonlyMap<string, string> = new Map([
  ['boolean', 'bool'],
  ['integer', 'int'],
  ['number', 'float'],
  ['string', 'str'],
  ['text', 'str'],
  ['date', 'datetime.date'],
  ['Date', 'datetime.datetime'],
  ['uuid', 'uuid.UUID'],
  ['numeric', 'decimal.Decimal'],
  ['array', 'list'],
  ['object', 'dict'],
])

// `v.record` alone also takes arrays.
const isDict = v.custom<object>((value) => v.is(ARGUMENT_TYPES.get('dict')?.schema ?? v.never(), value))

function union(types: readonly ArgumentType[]): ArgumentType {
  const [only] = types
  if (only !== undefined && types.length === 1) return only
  const expects = types.map(({ schema }) => schema.expects).join(' | ')
  const join = (side: 'input' | 'output'): string => [...new Set(types.map((type) => type[side]))].join(' | ')
  const schema = named(v.union(types.map((type) => type.schema)), expects)
  return { schema, input: join('input'), output: join('output') }
}
