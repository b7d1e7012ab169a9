import type { Endpoint } from './endpoint.ts'
import { toAnswer, TransportError, type RpcAnswer, type RpcCall, type RpcTransport } from './rpc-transport.ts'

/** One POST for all calls that are sent together. */
export function httpTransport({ url, headers }: Endpoint): RpcTransport {
  return {
    async send(calls, signal) {
      const body = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }))
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        // A lone call goes without an array: not every node takes batches.
        body: JSON.stringify(body.length === 1 ? body[0] : body),
        signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted()
        throw unreachable(error)
      })
      const text = await response.text().catch((error: unknown) => {
        signal.throwIfAborted()
        throw new TransportError('ended its answer in the middle', { wrongAddress: false, cause: error })
      })
      return readAnswers(calls, response, text)
    },
    close() {},
  }
}

function readAnswers(calls: readonly RpcCall[], response: Response, text: string): readonly RpcAnswer[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw notJsonRpc(response)
  }
  // An error of the whole batch comes as one object; it stands for each call.
  if (!Array.isArray(parsed)) {
    const answer = toAnswer(parsed)
    if (answer === undefined || (calls.length > 1 && !('error' in answer))) throw notJsonRpc(response)
    return calls.map(() => answer)
  }
  const byId = new Map(parsed.map((one: { id?: unknown } | null) => [one?.id, toAnswer(one)]))
  return calls.map((_, id) => {
    const answer = byId.get(id)
    if (answer === undefined) throw notJsonRpc(response)
    return answer
  })
}

function notJsonRpc({ status, headers }: Response): TransportError {
  const type = headers.get('content-type')?.split(';')[0] ?? 'nothing that says what it is'
  // Overloaded, or a proxy whose node is away: that passes.
  const mayPass = status === 408 || status === 429 || status >= 500
  return new TransportError(`answered ${status} with ${type}, which is no JSON-RPC`, {
    wrongAddress: !mayPass,
  })
}

function unreachable(error: unknown): TransportError {
  const cause = error instanceof Error ? error.cause : undefined
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'refuses connections: nothing listens there',
    ECONNRESET: 'ended the connection',
    UND_ERR_SOCKET: 'ended the connection',
    ENOTFOUND: 'cannot be found: there is no such host',
    EAI_AGAIN: 'cannot be found now: the name service does not answer',
  }
  return new TransportError(words[code] ?? `cannot be reached${code === '' ? '' : ` (${code})`}`, {
    wrongAddress: code === 'ENOTFOUND',
    cause: error,
  })
}
