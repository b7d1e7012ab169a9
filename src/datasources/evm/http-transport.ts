import type { Clock } from '../../clock.ts'
import { explainConnection } from '../../text/explain-connection.ts'
import { fetchFrom, RedirectError } from '../fetch-from.ts'
import { readRetryAfter } from '../retry-after.ts'
import type { Endpoint } from './endpoint.ts'
import { toAnswer, TransportError, type RpcAnswer, type RpcCall, type RpcTransport } from './rpc-transport.ts'

/** One POST for all calls that are sent together. */
export function httpTransport(endpoint: Endpoint, clock: Clock): RpcTransport {
  return {
    async send(calls, signal) {
      const requests = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }))
      const response = await fetchFrom(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...endpoint.headers },
        // A lone call goes without an array: not every node takes batches.
        body: JSON.stringify(requests.length === 1 ? requests[0] : requests),
        signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted()
        throw unreachable(error)
      })
      // A third of the time that `response.text()` takes for some megabytes.
      const body = await response.arrayBuffer().catch((error: unknown) => {
        signal.throwIfAborted()
        throw new TransportError('ended its answer in the middle', { wrongAddress: false, cause: error })
      })
      return readAnswers(calls, response, { text: Buffer.from(body).toString(), now: clock.now() })
    },
    close() {},
  }
}

interface Received {
  readonly text: string
  readonly now: number
}

function readAnswers(
  calls: readonly RpcCall[],
  response: Response,
  { text, now }: Received,
): readonly RpcAnswer[] {
  // Whatever the body says: some answer 429 or 401 with the error of one call, some with a page.
  if (response.status === 429 || response.status === 401) throw notJsonRpc(response, now)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw notJsonRpc(response, now)
  }
  // An error of the whole batch comes as one object; it stands for each call.
  if (!Array.isArray(parsed)) {
    const answer = toAnswer(parsed)
    if (answer === undefined || (calls.length > 1 && !('error' in answer))) throw notJsonRpc(response, now)
    return calls.map(() => answer)
  }
  const byId = new Map(parsed.map((one: { id?: unknown } | null) => [one?.id, toAnswer(one)]))
  return calls.map((_, id) => {
    const answer = byId.get(id)
    if (answer === undefined) throw notJsonRpc(response, now)
    return answer
  })
}

function notJsonRpc({ status, headers }: Response, now: number): TransportError {
  if (status === 401 || status === 403) {
    return new TransportError(`refuses access: it answered ${status}`, {
      wrongAddress: true,
      hint: 'Check the key, or the name and password, in the URL.',
    })
  }
  const type = headers.get('content-type')?.split(';')[0] ?? 'nothing that says what it is'
  // Overloaded, or a proxy whose node is away: that passes.
  const mayPass = status === 408 || status === 429 || status >= 500
  const what = status === 429 ? 'too many requests' : `${type}, which is no JSON-RPC`
  return new TransportError(`answered ${status} with ${what}`, {
    wrongAddress: !mayPass,
    status,
    retryAfter: readRetryAfter(headers.get('retry-after'), now),
    hint: 'Is this the URL of an EVM node, with its key?',
  })
}

const REDIRECTED = 'Put the URL that it redirects to into the config, if that is one of your node.'

function unreachable(error: unknown): TransportError {
  if (error instanceof RedirectError) {
    return new TransportError(error.message, { wrongAddress: true, hint: REDIRECTED })
  }
  const cause = error instanceof Error ? error.cause : undefined
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  const reason = explainConnection(cause) ?? code
  return new TransportError(`cannot be reached${reason === '' ? '' : `: ${reason}`}`, {
    wrongAddress: code === 'ENOTFOUND',
    hint: 'Check that the node runs and that its URL is right.',
    cause: error,
  })
}
