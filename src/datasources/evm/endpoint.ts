import { ConfigurationError } from '../../errors.ts'

/** Where a node is, apart from what nobody may see of it. */
export interface Endpoint {
  /** Scheme, host and port: for people. */
  readonly origin: string
  readonly protocol: 'http' | 'websocket'
  /** Without name and password, which `fetch` refuses (and would print). */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The text with every key, name and password of the URL replaced by `***`: for what a node says. */
  readonly conceal: (text: string) => string
}

// Providers' keys have 20 characters and more; shorter parts of a path (`v3`, `mainnet`) are words.
const SHORTEST_KEY = 16

/** @throws ConfigurationError where this is no URL of a node; the message never holds the URL. */
export function parseEndpoint(url: string, headers: Readonly<Record<string, string>> = {}): Endpoint {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^(https?|wss?):$/.test(parsed.protocol)) {
    const got = url === '' ? 'empty' : parsed === undefined ? 'no URL' : `of the scheme ${parsed.protocol}`
    throw new ConfigurationError([
      { path: 'evm.url', message: `it is ${got}; a URL that starts with http, https, ws or wss is expected` },
    ])
  }
  const { origin, username, password } = parsed
  const secrets = [
    ...[username, password].flatMap((part) => [part, decode(part)]),
    ...parsed.pathname.split('/').filter((part) => part.length >= SHORTEST_KEY),
    ...parsed.searchParams.values(),
    parsed.search,
  ].filter((secret) => secret !== '')
  const protocol = parsed.protocol.startsWith('ws') ? 'websocket' : 'http'
  if (protocol === 'http') {
    parsed.username = ''
    parsed.password = ''
  }
  const login = `${decode(username)}:${decode(password)}`
  return {
    origin,
    protocol,
    url: parsed.href,
    headers: {
      ...(login === ':' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
      ...headers,
    },
    conceal: (text) => secrets.reduce((result, secret) => result.replaceAll(secret, '***'), text),
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
