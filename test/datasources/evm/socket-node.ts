import { EventEmitter, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Answer, Call } from './proxy-node.ts'

/** A node of the test's own, by WebSocket. */
export interface SocketNode {
  readonly url: string
  readonly connections: number
  /** Resolves when so many have subscribed. */
  subscribed(count: number): Promise<void>
  /** Resolves when the next connection is over. */
  closed(): Promise<void>
  /** What the clients sent when they connected. */
  readonly requests: readonly IncomingMessage[]
  /** The connections of now stay open, and nothing is answered on them any more. Resolves with the first call that is not. */
  silence(): Promise<void>
  /** Ends the connections of now. */
  hangUp(): void
  /** Pushes a head to all who subscribed. */
  push(head: unknown): void
}

const SUBSCRIPTION = '0xabc'

export async function startSocketNode(t: TestContext, answer: Answer): Promise<SocketNode> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  let unheard = (): void => {}
  const told = new EventEmitter()
  const silent = new Set<WebSocket>()
  const subscribers: WebSocket[] = []
  const requests: IncomingMessage[] = []
  server.on('connection', (socket, request) => {
    requests.push(request)
    socket.on('close', () => told.emit('closed'))
    socket.on('message', (data: Buffer) => {
      if (silent.has(socket)) return unheard()
      const { id, ...call } = JSON.parse(data.toString()) as Call & { readonly id: number }
      const send = (rest: object): void => socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...rest }))
      if (call.method === 'eth_subscribe') {
        subscribers.push(socket)
        told.emit('subscribed')
        return send({ result: SUBSCRIPTION })
      }
      try {
        send({ result: answer(call, request) })
      } catch (error) {
        send({ error: { code: -32_000, message: (error as Error).message } })
      }
    })
  })
  t.after(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}`,
    requests,
    get connections() {
      return requests.length
    },
    subscribed: async (count) => {
      while (subscribers.length < count) await once(told, 'subscribed')
    },
    closed: async () => {
      await once(told, 'closed')
    },
    silence: () => {
      for (const client of server.clients) silent.add(client)
      return new Promise((resolve) => (unheard = resolve))
    },
    hangUp: () => {
      for (const client of server.clients) client.terminate()
    },
    push: (head) => {
      const params = { subscription: SUBSCRIPTION, result: head }
      for (const socket of subscribers) {
        socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }))
      }
    },
  }
}
