import { DatabaseUnavailableError } from '../errors.ts'

/** The address without secrets: `postgres://user@host:port/name`. */
export function describeUrl(url: string): string {
  // To the last @: a / in a password that was not percent-encoded ends nothing.
  const parts = /^(postgres(?:ql)?):\/\/(?:([^:@/?]*)(?::[^?]*)?@)?([^@/?]*)(\/[^?#]*)?/.exec(url)
  if (parts === null) return 'the configured database'
  const [, protocol = '', user = '', hosts = '', name = ''] = parts
  return `${protocol}://${user === '' ? '' : `${user}@`}${hosts}${name}`
}

/**
 * @throws DatabaseUnavailableError that says what a URL looks like. Not with Node's own error as its cause: that one holds
 * the URL, and so the password.
 */
export function checkUrl(url: string): void {
  const protocol = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]
  const hint =
    'It looks like postgres://user:password@host:5432/name; special characters are percent-encoded.'
  if (protocol === undefined)
    throw new DatabaseUnavailableError('the address of the database is no URL', { hint })
  if (protocol !== 'postgres' && protocol !== 'postgresql') {
    throw new DatabaseUnavailableError(`the address of the database is of ${protocol}, not of PostgreSQL`, {
      hint,
    })
  }
  const hosts = /^[^:]+:\/\/(?:[^/?]*@)?([^/?]*)/.exec(url)?.[1] ?? ''
  // Several hosts are PostgreSQL's own addition to URLs.
  const single = url.replace(hosts, hosts.split(',')[0] ?? '')
  if (!URL.canParse(single) || !canDecode(new URL(single))) {
    throw new DatabaseUnavailableError('the address of the database cannot be read as a URL', { hint })
  }
}

/** What postgres.js does, whose own error would hold the URL. */
function canDecode({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part)
    return !pathname.includes('@')
  } catch {
    return false
  }
}
