/** `${NAME}`, or `${NAME:-default}` on one line. */
const PLACEHOLDER = /\$\{(\w+)(?::-([^\n]*?))?\}/g

export interface Placeholder {
  readonly name: string
  /** Undefined: the variable has to be set. */
  readonly fallback: string | undefined
}

export interface MaskedText {
  readonly text: string
  readonly placeholders: readonly Placeholder[]
}

// Characters for private use: YAML takes them as letters, so that a default may hold `#`, `: ` or `}` of a flow mapping.
const START = '\uE000'
const PADDING = '\uE001'
const FIRST_DIGIT = 0xe100
const BASE = 0x1000
const MASK = new RegExp(`${START}([\uE100-\uF0FF])([\uE100-\uF0FF])${PADDING}*`, 'g')

/**
 * Hides the placeholders of a text from the parser behind masks of the same length, so that nothing moves and no value of
 * a variable is ever read as YAML: a password may hold anything.
 */
export function maskPlaceholders(text: string): MaskedText {
  const placeholders: Placeholder[] = []
  const masked = text.replaceAll(PLACEHOLDER, (whole, name: string, fallback: string | undefined) => {
    const digits = [Math.floor(placeholders.length / BASE), placeholders.length % BASE]
    placeholders.push({ name, fallback })
    return (START + String.fromCharCode(...digits.map((digit) => FIRST_DIGIT + digit))).padEnd(
      whole.length,
      PADDING,
    )
  })
  return { text: masked, placeholders }
}

export interface Substituted {
  readonly text: string
  /** Whether there was a placeholder at all. */
  readonly changed: boolean
  /** Variables that are not set and have no default. */
  readonly missing: readonly string[]
  /** Variables that are set to nothing and have no default. */
  readonly empty: readonly string[]
  /** Variables whose default holds another one, which is not read. */
  readonly nested: readonly string[]
}

/** Puts the variables' values where the masks are. As in a shell, `:-` also stands in for a variable that is empty. */
export function substituteEnv(
  text: string,
  placeholders: readonly Placeholder[],
  env: Readonly<Record<string, string | undefined>>,
): Substituted {
  const missing: string[] = []
  const empty: string[] = []
  const nested: string[] = []
  const substituted = text.replaceAll(MASK, (mask, high: string, low: string) => {
    const placeholder = placeholders[digit(high) * BASE + digit(low)]
    // Somebody's own characters for private use.
    if (placeholder === undefined) return mask
    const { name, fallback } = placeholder
    if (fallback?.includes('${') === true) nested.push(name)
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value === undefined) missing.push(name)
    else if (value === '') empty.push(name)
    return value ?? ''
  })
  return { text: substituted, changed: substituted !== text, missing, empty, nested }
}

const digit = (character: string): number => character.charCodeAt(0) - FIRST_DIGIT
