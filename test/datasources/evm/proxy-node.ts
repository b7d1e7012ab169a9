import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface Call {
  readonly method: string
  readonly params: readonly unknown[]
}

/** A node of the test's own that answers as it is told. */
export interface ProxyNode {
  readonly url: string
  /** Every request, with the calls that came in it. */
  readonly requests: (readonly Call[])[]
  /** Every call, without its parameters. */
  methods(): readonly string[]
}

/** The result of a call; an error thrown becomes a JSON-RPC error (`code` goes along). */
export type Answer = (call: Call, request: IncomingMessage) => unknown

/** Takes the request over: nothing else answers it. Undefined: the calls are answered one by one. */
export type Takeover = (
  calls: readonly Call[],
  response: ServerResponse,
  request: IncomingMessage,
) => boolean | undefined | void

export async function startProxyNode(
  t: TestContext,
  answer: Answer,
  takeover: Takeover = () => false,
): Promise<ProxyNode> {
  const requests: (readonly Call[])[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Call | Call[]
      const calls = Array.isArray(body) ? body : [body]
      requests.push(calls)
      if (takeover(calls, response, request) === true) return
      const answers = await Promise.all(
        calls.map((call) => answerOne(call as Call & { id: number }, request)),
      )
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const methods = () => requests.flat().map(({ method }) => method)
  return { url: `http://127.0.0.1:${port}`, requests, methods }

  async function answerOne(call: Call & { id: number }, request: IncomingMessage): Promise<unknown> {
    try {
      return { jsonrpc: '2.0', id: call.id, result: await answer(call, request) }
    } catch (error) {
      const { message, code = -32_000 } = error as Error & { code?: number }
      return { jsonrpc: '2.0', id: call.id, error: { code, message } }
    }
  }
}
