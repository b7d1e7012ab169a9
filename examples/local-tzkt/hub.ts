import type { Server } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'

const END_OF_RECORD = '\u001e'

/** TzKT's SignalR hub, as far as `SubscribeToHead` goes. */
export interface Hub {
  /** A message to everybody who subscribed. */
  send(message: unknown): void
  /** How many subscribed. */
  readonly subscribers: number
  /** Breaks every connection: with a word, as a server that stops does, or without one. */
  drop(how: 'close' | 'break'): void
}

/** Speaks the JSON hub protocol on `/v1/ws`: handshake, invocation, completion, ping, close. */
export function openHub(server: Server, state: () => number): Hub {
  const sockets = new WebSocketServer({ noServer: true })
  const subscribed = new Set<WebSocket>()
  const write = (socket: WebSocket, message: unknown): void =>
    socket.send(JSON.stringify(message) + END_OF_RECORD)

  server.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/v1/ws') !== true) return socket.destroy()
    sockets.handleUpgrade(request, socket, head, (opened) => greet(opened))
  })

  function greet(socket: WebSocket): void {
    let shaken = false
    socket.on('close', () => subscribed.delete(socket))
    socket.on('message', (data: Buffer) => {
      for (const record of data.toString().split(END_OF_RECORD)) {
        if (record === '') continue
        const message = JSON.parse(record) as Readonly<Record<string, unknown>>
        if (shaken) take(socket, message)
        else if (message['protocol'] === 'json' && message['version'] === 1) {
          shaken = true
          write(socket, {})
        } else {
          write(socket, { error: 'Requested protocol is not available.' })
          socket.close()
        }
      }
    })
  }

  function take(socket: WebSocket, message: Readonly<Record<string, unknown>>): void {
    if (message['type'] === 6) return write(socket, { type: 6 })
    if (message['type'] !== 1) return
    const { invocationId, target } = message
    if (target !== 'SubscribeToHead') {
      return write(socket, { type: 3, invocationId, error: `Unknown hub method '${String(target)}'` })
    }
    subscribed.add(socket)
    write(socket, { type: 1, target: 'head', arguments: [{ type: 0, state: state() }] })
    write(socket, { type: 3, invocationId, result: state() })
  }

  return {
    send: (message) => {
      for (const socket of subscribed) write(socket, { type: 1, target: 'head', arguments: [message] })
    },
    get subscribers() {
      return subscribed.size
    },
    drop: (how) => {
      for (const socket of sockets.clients) {
        if (how === 'break') socket.terminate()
        else {
          write(socket, { type: 7, error: 'Connection closed with an error.' })
          socket.close()
        }
      }
    },
  }
}
