import { ConfigurationError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { ConfigReader, isBoolean, isCallback, isFields, isText, isWhole } from './config-reader.ts'

/** What is right for an option: `expected` reads `a whole number of 1 or more`. */
export interface OptionRule {
  readonly expected: string
  readonly passes: (value: unknown) => boolean
}

/** One for each option, so that the compiler misses the one that is forgotten; undefined: it is looked at elsewhere. */
export type OptionRules<Options> = { readonly [Name in keyof Options]-?: OptionRule | undefined }

/**
 * Checks what a function of ours was given, for those who have no compiler: `evm`, `replay`, `simulateChain`, …
 * @param maker the function's name, which the paths begin with
 * @throws ConfigurationError with all that is wrong: no object, options that there are not, and values that do not fit.
 */
export function checkOptions<Options extends object>(
  maker: string,
  options: unknown,
  rules: OptionRules<Options>,
): void {
  if (!isFields(options)) {
    const message = `expected ${maker}({ … }), with an object of options; got ${describeValue(options)}`
    throw new ConfigurationError([{ path: maker, message }])
  }
  const reader = new ConfigReader()
  reader.unknownKeys(options, Object.keys(rules), maker)
  for (const [name, rule] of Object.entries<OptionRule | undefined>(rules)) {
    if (rule === undefined) continue
    reader.optional(options, name, maker, rule.expected, (value): value is unknown => rule.passes(value))
  }
  if (reader.issues.length > 0) throw new ConfigurationError(reader.issues)
}

export const wholeFrom = (least: number): OptionRule => ({
  expected: `a whole number of ${least} or more`,
  passes: isWhole(least),
})

export const FLAG: OptionRule = { expected: 'true or false', passes: isBoolean }
export const TEXT: OptionRule = { expected: 'a text', passes: isText }
export const CALLBACK: OptionRule = { expected: 'a function', passes: isCallback }
export const LIST: OptionRule = { expected: 'an array', passes: Array.isArray }

export const CLOCK: OptionRule = {
  expected: 'an object with now(), setTimeout(), clearTimeout()',
  passes: (value) =>
    isFields(value) && ['now', 'setTimeout', 'clearTimeout'].every((method) => isCallback(value[method])),
}

export const HEADERS: OptionRule = {
  expected:
    'an object with a text for each header, all of it as HTTP can send it (no line breaks, nothing beyond Latin-1)',
  passes: (value) =>
    isFields(value) && Object.values(value).every((one) => typeof one === 'string') && canBeSent(value),
}

/** `fetch` would refuse them with each request, quoting the key that is in one. */
function canBeSent(headers: object): boolean {
  try {
    return new Headers({ ...headers }) instanceof Headers
  } catch {
    return false
  }
}

/** Has these methods, as what `example` makes. */
export const made = (example: string, ...methods: readonly string[]): OptionRule => ({
  expected: `what ${example} gives`,
  passes: (value) => isFields(value) && methods.every((method) => isCallback(value[method])),
})
