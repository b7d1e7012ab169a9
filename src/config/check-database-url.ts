import { didYouMean, listWords } from '../text/did-you-mean.ts'

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

const EXPECTED = 'expected postgres://<user>:<password>@<host>:5432/<name>'

/**
 * What is wrong with a database URL, or undefined. The answer never quotes the URL: what cannot be parsed may hold a
 * password anywhere.
 */
export function checkDatabaseUrl(value: unknown): string | undefined {
  if (typeof value !== 'string')
    return `${EXPECTED}, got ${value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`}`
  if (value.trim() === '')
    return `is empty (an environment variable that is not set?); ${EXPECTED}, or leave it out for a PostgreSQL of Pawl's own in .pawl/`

  const scheme = /^((?:jdbc:)?[a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
  if (scheme === undefined) return `has no scheme; ${EXPECTED}`
  if (scheme !== 'postgres' && scheme !== 'postgresql')
    return `the scheme is "${scheme}", and Pawl works with PostgreSQL only; ${EXPECTED}`

  const url = parse(value)
  if (url === undefined || url.pathname.includes('@') || url.hash !== '')
    return `cannot be parsed; ${EXPECTED}, with special characters of the password percent-encoded (% is %25, @ is %40, # is %23, / is %2F, : is %3A)`
  const mode = url.searchParams.get('sslmode')
  if (mode !== null && !SSL_MODES.includes(mode))
    return `has an sslmode that there is not${didYouMean(mode, SSL_MODES) || `; there are ${listWords(SSL_MODES)}`}`
  return undefined
}

function parse(value: string): URL | undefined {
  try {
    // Several hosts are fine for postgres.js, but not for URL.
    const url = new URL(value.replace(/^([a-z]+:\/\/(?:[^@/?#]*@)?[^,/?#]*),[^/?#]*/i, '$1'))
    // A % that stands for itself is a URL to Node, and none to postgres.js.
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part)
    return url
  } catch {
    return undefined
  }
}
