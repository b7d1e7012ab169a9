import type { ConfigurationIssue } from '../errors.ts'
import { describeValue, isGenerator } from '../text/describe-value.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'

export type Fields = Readonly<Record<string, unknown>>

/** An object with fields, as opposed to an array, a promise, a function, … */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Promise)

/** Reads a config of unknown shape and notes all that is wrong with it, instead of stopping at the first. */
export class ConfigReader {
  readonly #issues: ConfigurationIssue[] = []
  readonly #warnings: ConfigurationIssue[] = []

  get issues(): readonly ConfigurationIssue[] {
    return this.#issues
  }

  get warnings(): readonly ConfigurationIssue[] {
    return this.#warnings
  }

  wrong(path: string, message: string): void {
    this.#issues.push({ path, message })
  }

  warn(path: string, message: string): void {
    this.#warnings.push({ path, message })
  }

  /** Notes a value that is there and does not pass; `expected` reads `a whole number of 0 or more`. */
  optional<Value>(
    fields: Fields,
    key: string,
    path: string,
    expected: string,
    passes: (value: unknown) => value is Value,
  ): Value | undefined {
    const value = fields[key]
    if (value === undefined) return undefined
    if (passes(value)) return value
    this.wrong(at(path, key), `expected ${expected}, got ${describeValue(value)}`)
    return undefined
  }

  /** The named parts of `indexes`, `hooks` or `jobs`: those whose names can be used. */
  parts(fields: Fields, key: string, kind: string): readonly (readonly [string, unknown])[] {
    const parts = this.optional(fields, key, '', `an object with ${an(kind)} for each name`, isFields)
    return Object.entries(parts ?? {}).filter(([name]) => this.#name(name, at(key, name), kind))
  }

  unknownKeys(fields: Fields, known: readonly string[], path: string): void {
    for (const key of Object.keys(fields)) {
      if (known.includes(key)) continue
      const guess = didYouMean(key, known)
      this.wrong(at(path, key), `unknown key${guess === '' ? `; known are ${listWords(known)}` : guess}`)
    }
  }

  #name(name: string, path: string, kind: string): boolean {
    if (NAME.test(name) && name.length <= LONGEST_NAME) return true
    this.wrong(
      path,
      name.length > LONGEST_NAME
        ? `the name of ${an(kind)} has at most ${LONGEST_NAME} characters, this one has ${name.length}`
        : `the name of ${an(kind)} begins with a letter or "_" and goes on with letters, digits, "_", "-" and single dots`,
    )
    return false
  }
}

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/
// As PostgreSQL's identifiers, so that a name can become part of one.
const LONGEST_NAME = 63

const an = (kind: string): string => (/^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`)

/** The path of a key in messages: `jobs.midnight`, `jobs["my job"]`. */
export const at = (path: string, key: string): string => {
  if (!/^[\w.-]+$/.test(key)) return `${path}[${JSON.stringify(key.slice(0, 80))}]`
  return path === '' ? key : `${path}.${key}`
}

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
export const isCallback = (value: unknown): value is () => unknown => typeof value === 'function'
/** A callback that does what is in it where it is called: the body of a generator would never run, and nobody would know. */
export const isRunnable = (value: unknown): value is () => unknown => isCallback(value) && !isGenerator(value)
/** A whole number that JavaScript holds exactly. */
export const isWhole =
  (least: number) =>
  (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= least

export function isTimezone(value: unknown): value is string {
  // Newer Nodes take offsets, older ones do not; and an offset knows no daylight saving time.
  if (!isText(value) || /^[+-]/.test(value)) return false
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: value })
    return true
  } catch {
    return false
  }
}
