import { causesOf } from '../causes-of.ts'
import { DatabaseUnavailableError, PawlError, SessionLostError } from '../errors.ts'
import { explainConnection } from '../text/explain-connection.ts'

/** Codes of a connection that was there and broke. */
const BROKEN: ReadonlySet<string> = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
])

/** SQLSTATE. */
const FULL = '53300'

/**
 * The login is refused, there is no such database, a right is missing, the settings are not taken, or the certificate is not.
 * Everything else may be a server or a network that is down: also a host that is not found, where names are of containers.
 */
const WRONG_EACH_TIME = /^(28...|3D000|42501|42704|0A000|08P01|22023|.*(CERT|TLS|SSL|VERIFY).*)$/

/** The server takes no more connections, of anybody or of this user. */
export function isFull(error: unknown): boolean {
  return causesOf(error).some((one) => codeOf(one) === FULL)
}

/** What a statement's error is to Pawl: `SessionLostError` where it ended the session, else the error itself. */
export function statementError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PawlError) return error
  const ended = BROKEN.has(codeOf(error)) || ('severity' in error && error.severity === 'FATAL')
  return ended ? lostSession(error) : error
}

/** The session is gone, for the reason that `cause` tells. */
export function lostSession(cause?: Error): SessionLostError {
  const reason = cause === undefined || BROKEN.has(codeOf(cause)) ? '' : `: ${cause.message}`
  return new SessionLostError(`the connection to the database was lost${reason}`, { cause })
}

/**
 * @param error what connecting failed with
 * @param description the address, without secrets
 */
export function cannotConnect(error: unknown, description: string): PawlError {
  if (error instanceof DatabaseUnavailableError) return error
  // A loss while connecting: what made it fail is more than that it failed.
  const cause = error instanceof SessionLostError ? error.cause : error
  return new DatabaseUnavailableError(`cannot connect to ${description}: ${reasonOf(cause)}`, {
    ...(cause === undefined ? {} : { cause }),
    retriable: !WRONG_EACH_TIME.test(codeOf(cause)),
    hint: (cause instanceof Error ? adviseOnTls(cause) : undefined) ?? hintFor(codeOf(cause), description),
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function reasonOf(error: unknown): string {
  const closed = 'the connection was closed before an answer came: is that a PostgreSQL?'
  if (!(error instanceof Error)) return closed
  const code = codeOf(error)
  const words = explainConnection(error)
  if (words !== undefined) return words
  if (BROKEN.has(code)) return closed
  return error.message === '' ? code : error.message
}

/** A pooler that gives each transaction another backend, where a session's statements are prepared on one of them. */
export function isForeignBackend(error: unknown): boolean {
  // Not there, or made by somebody else already.
  return ['26000', '42P05'].includes(codeOf(error))
}

/** What of `sslmode` would be right. postgres.js reads it from the URL; only the `verify-` ones look at the certificate. */
function adviseOnTls(cause: Error): string | undefined {
  const code = codeOf(cause)
  if (code === '28000' && cause.message.includes('no encryption'))
    return 'The server lets nobody in without TLS: write ?sslmode=require at the end of the URL, or ?sslmode=verify-full to check its certificate, too.'
  if (/before secure TLS/.test(cause.message))
    return 'The server may speak no TLS: leave sslmode out of the URL, or write ?sslmode=prefer.'
  if (code === '42704' && cause.message.includes('sslrootcert'))
    return 'sslrootcert takes no file here: leave it out, and name the file of the authority by the environment variable NODE_EXTRA_CA_CERTS.'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'The certificate is of another name: write that one as the host of the URL; or ?sslmode=require, which encrypts, and does not check who answers.'
  if (/CERT|VERIFY/.test(code))
    return "Nobody whom Node trusts has signed the server's certificate: name the file of its authority by the environment variable NODE_EXTRA_CA_CERTS; or write ?sslmode=require, which encrypts, and does not check who answers."
  return undefined
}

function hintFor(code: string, description: string): string {
  if (code === '28P01' || code === '28000') return 'Check the user and the password in the URL.'
  if (code === '3D000') {
    const name = /([^/]*)$/.exec(description)?.[1] ?? ''
    return `Correct the name in the URL, or create the database first: createdb ${name}`
  }
  if (code === FULL)
    return 'Raise max_connections of the server (or the limit of this user), or end what else is connected.'
  return 'Check that the server runs and that the address is right; or leave "database" out, and Pawl starts one of its own.'
}
