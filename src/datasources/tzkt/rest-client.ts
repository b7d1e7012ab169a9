import type { Clock } from '../../clock.ts'
import { DatasourceError } from '../../errors.ts'
import { linkSignals } from '../../link-signals.ts'
import { explainConnection } from '../../text/explain-connection.ts'
import { shorten } from '../../text/shorten.ts'
import type { Endpoint } from '../evm/endpoint.ts'
import { fetchFrom, RedirectError } from '../fetch-from.ts'
import { readRetryAfter } from '../retry-after.ts'
import { sleep } from '../sleep.ts'

/** ms that one request takes at most, all its tries and pauses together, where each has `timeout`. */
export const longestRequest = (timeout: number): number => TRIES * (timeout + LONGEST_PAUSE)

export interface RestOptions {
  readonly endpoint: Endpoint
  /** ms one request may take. */
  readonly timeout: number
  readonly clock: Clock
}

/** What the API answered. */
export interface RestAnswer {
  readonly body: unknown
  /** The level that the answering server was at; undefined: it does not tell. */
  readonly level: number | undefined
}

export type Query = Readonly<Record<string, string>>

/** A request that fails in a way that passes is made so often, … */
const TRIES = 4
/** … with pauses of so many ms, each twice as long as the one before. */
const FIRST_PAUSE = 250
/** ms. A server that wants a longer pause is not asked before, and the index's own retries, which people are told of, fail until then. */
const LONGEST_PAUSE = 10_000

/** GETs JSON of TzKT's REST API. Waits and asks again at 429, at 5xx and where the connection broke. */
export class RestClient {
  readonly #options: RestOptions
  /** It answered once, so the address is right. */
  #answered = false
  /** When it may be asked again, as it said. */
  #restsUntil = -Infinity

  constructor(options: RestOptions) {
    this.#options = options
  }

  /** @throws DatasourceError, or `signal.reason` */
  async get(path: string, query: Query, signal: AbortSignal): Promise<RestAnswer> {
    const { clock } = this.#options
    for (let tries = 1, pause = FIRST_PAUSE; ; tries += 1, pause *= 2) {
      // Also for the requests beside the one that was told so.
      const rest = this.#restsUntil - clock.now()
      if (rest > LONGEST_PAUSE) throw this.#leftAlone(rest)
      if (rest > 0) await sleep(clock, rest, signal)
      const outcome = await this.#try(path, query, signal)
      if ('body' in outcome) return outcome
      const { error, after } = outcome
      if (after !== undefined) this.#restsUntil = Math.max(this.#restsUntil, clock.now() + after)
      if (!error.retriable || tries === TRIES || (after ?? 0) > LONGEST_PAUSE) throw error
      if (after === undefined) await sleep(clock, pause * (0.5 + Math.random()), signal)
    }
  }

  #leftAlone(rest: number): DatasourceError {
    return new DatasourceError(
      `${this.#options.endpoint.origin} wants not to be asked for another ${Math.ceil(rest / 1000)} s`,
      { hint: 'Its rate limit is reached. A key of TzKT Pro goes into tzkt({ headers: { apikey: … } }).' },
    )
  }

  async #try(path: string, query: Query, signal: AbortSignal): Promise<RestAnswer | Failure> {
    const { endpoint, timeout, clock } = this.#options
    const link = linkSignals(signal)
    const timer = clock.setTimeout(() => link.abort(new Error('too slow')), timeout)
    try {
      const response = await fetchFrom(
        endpoint,
        { headers: { accept: 'application/json', ...endpoint.headers }, signal: link.signal },
        this.#url(path, query),
      )
      return this.#read(response, path, await response.text())
    } catch (error) {
      signal.throwIfAborted()
      if (link.signal.aborted) return { error: this.#error(path, `no answer within ${timeout / 1000} s`) }
      if (error instanceof RedirectError)
        return { error: this.#error(path, `it ${error.message}`, this.#wrongAddress()) }
      return { error: this.#unreachable(error) }
    } finally {
      clock.clearTimeout(timer)
      link.unlink()
    }
  }

  #url(path: string, query: Query): string {
    const url = new URL(this.#options.endpoint.url)
    url.pathname = url.pathname.replace(/\/$/, '') + path
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return url.href
  }

  #read({ status, headers }: Response, path: string, text: string): RestAnswer | Failure {
    const body = parse(text)
    if (status === 200 && body !== undefined) {
      this.#answered = true
      const level = Number(headers.get('tzkt-level') ?? NaN)
      return { body, level: Number.isSafeInteger(level) ? level : undefined }
    }
    if (status === 429 || status >= 500) {
      const after = readRetryAfter(
        headers.get('retry-after') ?? headers.get('ratelimit-reset'),
        this.#options.clock.now(),
      )
      const words = status === 429 ? 'has had too many requests' : 'fails'
      const error = this.#error(path, `it ${words} (${status})`)
      return after === undefined ? { error } : { error, after }
    }
    if (status === 401 || status === 403) {
      const hint = 'Check the API key: `headers: { apikey: … }` in tzkt({ … }), or ?apikey=… in the URL.'
      return { error: this.#error(path, `it refuses access (${status})`, { retriable: false, hint }) }
    }
    if (status === 400 && body !== undefined) {
      const words = shorten(this.#options.endpoint.conceal(text.replace(/\s+/g, ' ')), 300)
      return { error: this.#error(path, `it refuses the request: ${words}`, { retriable: false }) }
    }
    const what = body === undefined ? 'no JSON' : 'JSON'
    return { error: this.#error(path, `it answered ${status} with ${what}`, this.#wrongAddress()) }
  }

  #unreachable(cause: unknown): DatasourceError {
    const { origin } = this.#options.endpoint
    const inner: unknown = cause instanceof Error ? cause.cause : undefined
    const reason = explainConnection(inner)
    const known = typeof inner === 'object' && inner !== null && 'code' in inner && inner.code === 'ENOTFOUND'
    const options = known ? this.#wrongAddress() : {}
    return new DatasourceError(`${origin} cannot be reached${reason === undefined ? '' : `: ${reason}`}`, {
      ...options,
      cause,
    })
  }

  /** Nothing of the kind passes by itself, unless the address was right before. */
  #wrongAddress(): { readonly retriable: boolean; readonly hint?: string } {
    if (this.#answered) return { retriable: true }
    return { retriable: false, hint: 'Is this the address of a TzKT API, such as https://api.tzkt.io?' }
  }

  #error(
    path: string,
    message: string,
    options: { readonly retriable?: boolean; readonly hint?: string } = {},
  ): DatasourceError {
    return new DatasourceError(`${this.#options.endpoint.origin}: ${path}: ${message}`, options)
  }
}

interface Failure {
  readonly error: DatasourceError
  /** ms that the server wants to be left alone. */
  readonly after?: number
}

/** Undefined: it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
