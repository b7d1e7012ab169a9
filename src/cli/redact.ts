// A password may hold an unescaped `/` or `@`, and people write it so: for database URLs everything up to the last `@`.
const DATABASE_URL = /(postgres(?:ql)?:\/\/[^\s:/?#@"'`<>]*):[^\s"'`<>]*@/gi
const OTHER_URL = /([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@"'`<>]*):[^\s/@"'`<>]*@/gi
const QUERY_PASSWORD = /([?&](?:password|sslpassword)=)[^&\s"'`<>]*/gi

/** The text with the passwords of its URLs replaced by `***`. */
export const redact = (text: string): string =>
  text
    .replace(DATABASE_URL, '$1:***@')
    .replace(OTHER_URL, (match, before: string) => (match.endsWith(':***@') ? match : `${before}:***@`))
    .replace(QUERY_PASSWORD, '$1***')
