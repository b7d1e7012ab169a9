import type { Endpoint } from './evm/endpoint.ts'

/** Redirects in a row; more are a loop. */
const MOST = 5

/** 303 is left out: it says that the answer is another thing than what was asked for. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308])

/** Where a server sent us, and why we did not go. The message goes after the server's address. */
export class RedirectError extends Error {}

/**
 * `fetch` of an endpoint, with its headers, that stays where those may be seen: `fetch` by itself gives a key in a header to whatever
 * host it is redirected to, and makes a GET without a body of a POST that is.
 * @throws RedirectError, and as `fetch` does
 */
export async function fetchFrom(
  endpoint: Endpoint,
  init: RequestInit,
  first = endpoint.url,
): Promise<Response> {
  let url = first
  for (let hops = 0; ; hops += 1) {
    const response = await fetch(url, { ...init, redirect: 'manual' })
    const location = response.headers.get('location')
    if (!REDIRECTS.has(response.status) || location === null) return response
    await response.body?.cancel()
    if (hops === MOST) throw new RedirectError(`redirects ${MOST} times and more`)
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined
    if (next === undefined) throw new RedirectError(`answered ${response.status}, and redirects to no URL`)
    if (!maySee(next, new URL(url)) && Object.keys(endpoint.headers).length > 0) {
      throw new RedirectError(
        `redirects to ${next.origin}, which is not told the headers, name and password that it was given`,
      )
    }
    url = next.href
  }
}

/** The same host, and not where others can read it on the way. */
function maySee(next: URL, from: URL): boolean {
  return next.hostname === from.hostname && (next.origin === from.origin || next.protocol === 'https:')
}
