import { connect, type Socket } from 'node:net'
import { lostSession } from './connection-error.ts'

/** What postgres.js gives to its `socket` option. */
interface SocketOptions {
  readonly host: readonly string[]
  readonly port: readonly number[]
  readonly path?: string | false
}

/** ms for the goodbye to be sent. */
const GOODBYE = 100

/** A connection that can be made once: postgres.js, which reconnects, cannot come back on another one. */
export class SingleUseSocket {
  readonly #failed: (error: Error) => void
  #socket: Socket | undefined
  #used = false
  #isOver = false

  /** @param failed called when no host of the URL can be reached */
  constructor(failed: (error: Error) => void) {
    this.#failed = failed
  }

  /** For postgres.js. Tries the hosts of the URL in their order; while it is open, another one goes where it went: postgres.js cancels by it. */
  async connect(options: SocketOptions): Promise<Socket> {
    if (this.#used) return this.#connectAgain(options)
    this.#used = true
    let failure: unknown
    for (const [index, host] of options.host.entries()) {
      try {
        const port = options.port[index] ?? options.port[0] ?? 5432
        this.#socket = open(options.path, host, port)
        return await connected(this.#socket)
      } catch (error) {
        failure = error
      }
    }
    // postgres.js says nothing about a failure while there are more hosts that it could try itself.
    if (failure instanceof Error) this.#failed(failure)
    throw failure
  }

  /** Cuts it off, after a moment for what was written last. */
  destroy(): void {
    this.#isOver = true
    setTimeout(() => this.#socket?.destroy(), GOODBYE).unref()
  }

  #connectAgain({ path }: SocketOptions): Promise<Socket> {
    const first = this.#socket as (Socket & { readonly host: string; readonly port: number }) | undefined
    if (first === undefined || first.destroyed || this.#isOver) return Promise.reject(lostSession())
    return connected(open(path, first.host, first.port))
  }
}

function open(path: string | false | undefined, host: string, port: number): Socket {
  const socket = path ? connect(path) : connect(port, host)
  socket.setNoDelay(true)
  // postgres.js reads these for TLS and for its errors.
  return Object.assign(socket, { host, port })
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      resolve(socket)
    })
  })
}
