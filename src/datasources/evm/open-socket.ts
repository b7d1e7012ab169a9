import { setMaxListeners } from 'node:events'
import type { GetSocketParameters, Socket, SocketRpcClient } from 'viem/utils'
import { endSocket, findWebSocket, type WebSocketLike } from '../web-socket.ts'
import type { Endpoint } from './endpoint.ts'
import { loadViem } from './viem.ts'

export type SocketClient = SocketRpcClient<WebSocketLike>

/**
 * A client over a WebSocket; of one URL there is one socket for all who ask. viem's own sockets send no headers, so no name and password
 * either. Neither its reconnect nor its keep-alive: both have timers that we could not see, and the next call reconnects.
 * @param signal when it is aborted, nobody waits for the socket to open any more: a server that takes connections and says nothing would have
 * one more of ours each time, for ever
 */
export async function openSocket({ url, headers }: Endpoint, signal: AbortSignal): Promise<SocketClient> {
  const { getSocketRpcClient } = await loadViem()
  const client = await getSocketRpcClient<WebSocketLike>({
    key: JSON.stringify(headers),
    url,
    reconnect: false,
    keepAlive: false,
    getSocket: (told) => connect({ url, headers, signal }, told),
  })
  // Else viem would give it, broken as it is, to all who ask from now on.
  client.socket.addEventListener('close', () => client.close())
  return client
}

interface Opening extends Pick<Endpoint, 'url' | 'headers'> {
  readonly signal: AbortSignal
}

async function connect(
  { url, headers, signal }: Opening,
  { onClose, onError, onOpen, onResponse }: GetSocketParameters,
): Promise<Socket<WebSocketLike>> {
  const WebSocket = await findWebSocket()
  if (WebSocket === undefined) throw new Error('there is no WebSocket')
  signal.throwIfAborted()
  const socket = new WebSocket(url, { headers })
  // Of each index over this URL there is a feed, and of all of them one socket: that many listen is no leak.
  setMaxListeners(0, socket as unknown as EventTarget)
  let isOver = false
  const end = (): void => {
    if (isOver) return
    isOver = true
    onClose()
  }
  const giveUp = (): void => endSocket(socket)
  signal.addEventListener('abort', giveUp, { once: true })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => {
      signal.removeEventListener('abort', giveUp)
      onOpen()
      resolve()
    })
    socket.addEventListener('error', () => {
      reject(new Error('it did not open'))
      onError(new Error('the socket broke'))
    })
    socket.addEventListener('close', () => {
      reject(new Error('it did not open'))
      end()
    })
    socket.addEventListener('message', ({ data }) => {
      if (isOver || typeof data !== 'string' || data.trim() === '') return
      try {
        onResponse(JSON.parse(data) as Parameters<typeof onResponse>[0])
      } catch (error) {
        onError(error as Error)
      }
    })
  })
  return {
    addEventListener: socket.addEventListener.bind(socket) as WebSocketLike['addEventListener'],
    send: (text) => socket.send(text),
    close: () => {
      endSocket(socket)
      end()
    },
    request: ({ body }) => {
      if (isOver) throw new Error('the socket is closed')
      socket.send(JSON.stringify(body))
    },
  }
}
