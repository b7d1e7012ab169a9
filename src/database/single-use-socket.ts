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

  /** @param failed called when no host of the URL can be reached */
  constructor(failed: (error: Error) => void) {
    this.#failed = failed
  }

  /** For postgres.js. Tries the hosts of the URL in their order. */
  async connect(options: SocketOptions): Promise<Socket> {
    if (this.#used) throw lostSession()
    this.#used = true
    let failure: unknown
    for (const [index, host] of options.host.entries()) {
      try {
        return await this.#connectTo(options.path, host, options.port[index] ?? options.port[0] ?? 5432)
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
    setTimeout(() => this.#socket?.destroy(), GOODBYE).unref()
  }

  #connectTo(path: string | false | undefined, host: string, port: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = path ? connect(path) : connect(port, host)
      this.#socket = socket
      socket.setNoDelay(true)
      // postgres.js reads these for TLS and for its errors.
      Object.assign(socket, { host, port })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.removeListener('error', reject)
        resolve(socket)
      })
    })
  }
}
