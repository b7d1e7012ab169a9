// A password may hold an unescaped `/` or `@`, and people write it so: for database URLs everything up to the last `@`.
const DATABASE_URL = /(postgres(?:ql)?:\/\/[^\s:/?#@"'`<>]*):[^\s"'`<>]*@/gi
// From the beginning of a word on: else a long word is looked through from each of its letters.
const OTHER_URL = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@"'`<>]*):[^\s/@"'`<>]*@/gi
const QUERY_PASSWORD = /([?&](?:password|sslpassword)=)[^&\s"'`<>]*/gi

const QUERY_KEY = /([?&](?:api[_-]?key|key|(?:access[_-]?|auth[_-]?)?token|secret)=)[^&\s"'`<>]*/gi
// In the path, as providers of nodes have it. Hashes (0x…) are none, and neither are words-with-hyphens.
const PATH_KEY = /((?:https?|wss?):\/\/[^\s"'`<>?#]*?\/)([\w-]{20,})(?=[/?#\s"'`<>).,;:]|$)/gi

const isKey = (part: string): boolean => /\d/.test(part) && (/[A-Z]/.test(part) || /^[0-9a-f-]+$/.test(part))

/** The text with the passwords and keys of its URLs replaced by `***`. */
export const redact = (text: string): string =>
  text
    .replace(DATABASE_URL, '$1:***@')
    .replace(OTHER_URL, (match, before: string) => (match.endsWith(':***@') ? match : `${before}:***@`))
    .replace(QUERY_PASSWORD, '$1***')
    .replace(QUERY_KEY, '$1***')
    .replace(PATH_KEY, (match, before: string, part: string) => (isKey(part) ? `${before}***` : match))
