import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403 | 421
  readonly error: string
}

/**
 * Is it addressed to us? A page of another site can point its own name at 127.0.0.1 (DNS rebinding), and is then of the same
 * origin to the browser. But the name is in `Host`: only addresses, `localhost`, and what the config says are taken.
 */
export function refuseHost(request: IncomingMessage, host: string): Refusal | undefined {
  const named = hostnameOf(request.headers.host)
  if (named !== undefined && (isAddress(named) || named === 'localhost' || named === host.toLowerCase()))
    return undefined
  return {
    status: 421,
    error:
      'this is not the address of the inspector: open it by the URL that was printed; behind a proxy, see docs/inspector.md',
  }
}

/** A page of another origin may neither read nor send. Browsers leave `Origin` out of reads of their own origin only. */
export function refuseOrigin({ headers: { origin, host } }: IncomingMessage): Refusal | undefined {
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  return isOwn
    ? undefined
    : {
        status: 403,
        error: 'a page of another origin may not use the inspector; behind a proxy, see docs/inspector.md',
      }
}

/** The token comes in a header that no other page can send. */
export function refuseToken(
  { headers: { authorization = '' } }: IncomingMessage,
  token: string,
): Refusal | undefined {
  const given = authorization.startsWith('Bearer ') ? authorization.slice(7) : ''
  return isSame(given, token)
    ? undefined
    : { status: 401, error: 'the token is missing, or not the right one' }
}

/** Takes the same time whatever is wrong. */
const isSame = (given: string, expected: string): boolean => timingSafeEqual(digest(given), digest(expected))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** `[::1]:7295` → `::1` */
function hostnameOf(host: string | undefined): string | undefined {
  return /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d+)?$/i
    .exec(host ?? '')
    ?.slice(1)
    .find(Boolean)
    ?.toLowerCase()
}

const isAddress = (name: string): boolean => isIP(name) !== 0
