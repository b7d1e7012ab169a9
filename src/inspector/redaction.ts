import { inspect } from 'node:util'
import { redact as redactText } from '../text/redact.ts'

/** What is shown instead of a value; the value itself where it may be seen. */
export type Redact = (key: string, value: unknown) => unknown

export const HIDDEN = '•••'

const SECRET =
  /pass(?:word|wd|phrase|code)?$|secret|mnemonic|private_?key|api_?key|access_?key|credential|authorization|cookie|bearer|^(?:.*_)?seed$|(?:^|_)(?:pwd|pin)$/i
const TOKEN = /(?:^|_)token$/i
/** A token of a chain is known by its address or number, and no secret. */
const CHAIN_TOKEN = /^(?:0x[0-9a-f]{1,64}|KT1\w{33}|\d{1,78})$/i

/** Hides text whose name says that it is a secret: `password`, `apiKey`, `access_token`. */
export const hideSecrets: Redact = (key, value) => {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return value
  const name = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('-', '_')
  const isSecret =
    SECRET.test(name) || (TOKEN.test(name) && !(typeof value === 'string' && CHAIN_TOKEN.test(value)))
  return isSecret ? HIDDEN : value
}

const MOST_DEEP = 6
const MOST_KEYS = 100

/**
 * A copy of plain data without what must not be seen. What is no plain data is only named: it may hold anything.
 * Never throws, whatever getters and the user's function do.
 */
export function withoutSecrets(value: unknown, redact: Redact): unknown {
  return copy(value, guarded(redact), [])
}

function copy(value: unknown, redact: Redact, parents: readonly object[]): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`
  if (typeof value !== 'object' || value === null) return value
  if (parents.includes(value)) return '[circular]'
  if (parents.length >= MOST_DEEP) return Array.isArray(value) ? '[…]' : '{…}'
  try {
    return copyObject(value, redact, [...parents, value])
  } catch {
    return '[cannot be read]'
  }
}

function copyObject(value: object, redact: Redact, parents: readonly object[]): unknown {
  if (value instanceof Date || value instanceof Uint8Array) return value
  if (value instanceof Error) return redactText(`[${value.name}: ${value.message}]`)
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_KEYS).map((item: unknown) => copy(item, redact, parents))
    return value.length > MOST_KEYS ? [...items, `… ${value.length - MOST_KEYS} more`] : items
  }
  if (value instanceof Set)
    return new Set([...value].slice(0, MOST_KEYS).map((item) => copy(item, redact, parents)))
  if (value instanceof Map)
    return new Map(
      [...value]
        .slice(0, MOST_KEYS)
        .map(([key, item]) => [key, copyField(String(key), item, redact, parents)]),
    )
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name ?? 'object'}]`
  const keys = Object.keys(value)
  const shown = keys.slice(0, MOST_KEYS).map((key) => {
    const field = (value as Readonly<Record<string, unknown>>)[key]
    return [key, copyField(key, field, redact, parents)] as const
  })
  return Object.fromEntries(
    keys.length > MOST_KEYS ? [...shown, ['…', `${keys.length - MOST_KEYS} more`]] : shown,
  )
}

const copyField = (key: string, value: unknown, redact: Redact, parents: readonly object[]): unknown =>
  copy(redact(key, value), redact, parents)

/** What cannot be judged is hidden. */
const guarded =
  (redact: Redact): Redact =>
  (key, value) => {
    try {
      return redact(key, value)
    } catch {
      return HIDDEN
    }
  }

/** As text for a person: `10n`, `'text'`, dates in ISO form; numbers and bigints exact. */
export function showValue(value: unknown, redact: Redact): string {
  return inspect(withoutSecrets(value, redact), {
    depth: MOST_DEEP,
    breakLength: 80,
    compact: 3,
    maxArrayLength: MOST_KEYS + 1,
    maxStringLength: 2_000,
    customInspect: false,
  })
}

/** Arguments, each as text. */
export const showArguments = (
  args: Readonly<Record<string, unknown>>,
  redact: Redact,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, showValue(guarded(redact)(name, value), redact)]),
  )
