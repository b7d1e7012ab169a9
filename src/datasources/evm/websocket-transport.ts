import { untilAborted } from '../abort.ts'
import type { Endpoint } from './endpoint.ts'
import { toAnswer, TransportError, type RpcAnswer, type RpcCall, type RpcTransport } from './rpc-transport.ts'
import { openSocket, type SocketClient as Client } from './open-socket.ts'
import { loadViem } from './viem.ts'

/** A socket that is open, or opening. */
interface Opened {
  readonly opening: AbortController
  readonly opened: Promise<Client>
}

/** One socket, opened with the first call, and again with the next one after it broke. */
export function webSocketTransport(endpoint: Endpoint): RpcTransport {
  let client: Opened | undefined

  const open = (): Opened => {
    const opening = new AbortController()
    return { opening, opened: openSocket(endpoint, opening.signal) }
  }

  const drop = (broken: Opened): void => {
    if (client === broken) client = undefined
    broken.opening.abort(new Error('nobody waits for it any more'))
    broken.opened.then(
      (socket) => socket.close(),
      () => {},
    )
  }

  const request = (socket: Client, { method, params }: RpcCall): Promise<RpcAnswer> =>
    new Promise((resolve, reject) => {
      socket.request({
        body: { method, params },
        onResponse: (response) => {
          const answer = toAnswer(response)
          if (answer === undefined) reject(new Error('its answer is no JSON-RPC'))
          else resolve(answer)
        },
        onError: (error) => reject(error instanceof Error ? error : new Error('the socket broke')),
      })
    })

  return {
    prepare: loadViem,
    async send(calls, signal) {
      const present = (client ??= open())
      const answers = present.opened.then((socket) => Promise.all(calls.map((call) => request(socket, call))))
      try {
        return await untilAborted(signal, answers)
      } catch (error) {
        // One whose network is gone stays open, and silent, for many minutes. But others use it, too: that somebody does not wait any
        // more says nothing about it.
        if (!signal.aborted || signal.reason instanceof TransportError) drop(present)
        signal.throwIfAborted()
        const opened = await present.opened.then(
          () => true,
          () => false,
        )
        throw opened ? broken(error, endpoint.conceal) : unreachable()
      }
    },
    close() {
      if (client !== undefined) drop(client)
    },
  }
}

// Why, is not told: neither by the WebSocket of Node 22 and newer, nor by the one of browsers.
function unreachable(): TransportError {
  return new TransportError('cannot be reached by WebSocket', {
    wrongAddress: false,
    hint: 'Check that the node runs, and that it serves WebSocket at this port and path: often others than for http.',
  })
}

/** viem's errors hold the URL, keys and all: only their words go on. */
function broken(error: unknown, conceal: (text: string) => string): TransportError {
  const words = error instanceof Error ? error.message.split('\n')[0] : undefined
  const cause = words === undefined ? undefined : new Error(conceal(words))
  return new TransportError('broke the WebSocket connection', { wrongAddress: false, cause })
}
