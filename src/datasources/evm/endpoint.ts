import { ConfigurationError } from '../../errors.ts'

/** Where a node is, apart from what nobody may see of it. */
export interface Endpoint {
  /** Scheme, host and port: for people. */
  readonly origin: string
  readonly protocol: 'http' | 'websocket'
  /** Without name and password, which `fetch` refuses (and would print) and a WebSocket leaves out: they go into the headers. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The text with every key, name and password of the URL replaced by `***`: for what a node says. */
  readonly conceal: (text: string) => string
}

// Providers' keys have 20 characters and more; shorter parts of a path (`v3`, `mainnet`) are words.
const SHORTEST_KEY = 16

/** Which URLs are right, for a kind of datasource. */
export interface EndpointKind {
  /** Of the URL in the config, for its errors. */
  readonly path: string
  readonly schemes: readonly string[]
  readonly expected: string
}

const NODE: EndpointKind = {
  path: 'evm.url',
  schemes: ['http', 'https', 'ws', 'wss'],
  expected: 'expected the URL of a node, such as http://localhost:8545 (or https, ws, wss)',
}

/** @throws ConfigurationError where this is no such URL; the message never holds the URL. */
export function parseEndpoint(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  { path, schemes, expected }: EndpointKind = NODE,
): Endpoint {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !schemes.includes(parsed.protocol.slice(0, -1))) {
    throw new ConfigurationError([{ path, message: `${whatIsWrong(url, schemes)}; ${expected}` }])
  }
  const { origin, username, password } = parsed
  const secrets = [
    ...[username, password].flatMap((part) => [part, decode(part)]),
    ...parsed.pathname.split('/').filter((part) => part.length >= SHORTEST_KEY),
    ...parsed.searchParams.values(),
    parsed.search,
  ].filter((secret) => secret !== '')
  const protocol = parsed.protocol.startsWith('ws') ? 'websocket' : 'http'
  parsed.username = ''
  parsed.password = ''
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

/** Users without types may pass anything; an environment variable that is not set is the usual one. */
function whatIsWrong(url: unknown, schemes: readonly string[]): string {
  if (url === undefined || url === '')
    return `is ${url === '' ? 'empty' : 'missing'} (an environment variable that is not set?)`
  if (typeof url !== 'string') return `is a ${typeof url}`
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]
  if (scheme === undefined) return 'has no scheme'
  return schemes.includes(scheme.toLowerCase()) ? 'cannot be parsed' : `has the scheme "${scheme}"`
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
