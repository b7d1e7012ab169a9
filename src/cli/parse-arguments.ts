import { decodeArguments } from '../hooks/encode-arguments.ts'
import { isFields } from '../config/config-reader.ts'

/**
 * Arguments of a hook as JSON. JavaScript's numbers have some 16 digits: where one would lose some, a whole number becomes a bigint, and another
 * one the text that is written, which fits a decimal. A hook that takes neither says so.
 * @returns undefined where it is no object
 * @throws SyntaxError
 */
export function parseArguments(text: string): Readonly<Record<string, unknown>> | undefined {
  // As it is first: what is wrong is told of what was written.
  JSON.parse(text)
  const value: unknown = JSON.parse(
    text.replaceAll(TOKEN, (token) => (token.startsWith('"') ? token : exact(token))),
  )
  return isFields(value) ? decodeArguments(value) : undefined
}

/** A text as a whole, or a number. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

function exact(number: string): string {
  const value = Number(number)
  if (/^-?\d+$/.test(number)) {
    return Number.isSafeInteger(value) ? number : JSON.stringify({ $pawl: 'bigint', value: number })
  }
  return digitsOf(number) === digitsOf(String(value)) ? number : JSON.stringify(number)
}

/** `12.50` and `1.25e1` are the same. */
function digitsOf(number: string): string {
  const [, sign = '', whole = '', part = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const digits = `${whole}${part}`.replace(/^0+/, '')
  const trimmed = digits.replace(/0+$/, '')
  if (trimmed === '') return whole === '' ? number : '0'
  return `${sign}${trimmed}e${Number(exponent) - part.length + digits.length - trimmed.length}`
}
