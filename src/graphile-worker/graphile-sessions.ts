import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import type { WorkerUtilsOptions } from 'graphile-worker'

type Pool = NonNullable<WorkerUtilsOptions['pgPool']>

export interface GraphileSessionsOptions {
  readonly url: string
  readonly size: number
  /** Told once, when one of them ended that nobody closed, or gave no answer for too long. */
  readonly lost?: (reason: Error) => void
}

interface PoolOptions {
  readonly connectionString: string
  readonly max: number
  readonly connectionTimeoutMillis: number
  readonly idleTimeoutMillis: number
  readonly keepAlive: boolean
  readonly keepAliveInitialDelayMillis: number
  readonly stream: () => Socket
}

/** ms until a session has to be there, also one that others have to give back first. */
const CONNECTING = 10_000
/** ms without traffic until it is asked whether the other end is still there. */
const KEEP_ALIVE = 10_000
/** ms between two looks whether answers came. */
const LOOK = 2_000
/** Looks at one that is lent until it is given up: 10 s. Not by the clock, for a loop that was blocked has not read what came. */
const LOOKS = 5

/**
 * The sessions of graphile-worker, in a pool of the `pg` that it uses itself. They are ours to cut off: `pg` waits for ever for an
 * answer that the network lost, and graphile-worker for `pg`.
 */
export class GraphileSessions {
  readonly pool: Pool
  readonly #sockets = new Set<Socket>()
  /** Those that graphile-worker has, and how often each was seen so. It gives one back after its statement. */
  readonly #lent = new Map<object, number>()
  readonly #lost: (reason: Error) => void
  readonly #timer: NodeJS.Timeout
  #told = false
  #closed = false

  constructor({ url, size, lost = () => {} }: GraphileSessionsOptions) {
    const graphile = createRequire(import.meta.url).resolve('graphile-worker')
    const { Pool: OwnPool } = createRequire(graphile)('pg') as {
      readonly Pool: new (options: PoolOptions) => Pool
    }
    this.#lost = lost
    this.pool = new OwnPool({
      connectionString: url,
      max: size,
      connectionTimeoutMillis: CONNECTING,
      // One that closes has ended.
      idleTimeoutMillis: 0,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE,
      stream: () => this.#open(),
    })
    // Whoever waits for a statement of that session is told by its own error.
    this.pool.on('error', () => {})
    this.pool.on('connect', (client) => client.on('error', () => {}))
    this.pool.on('acquire', (client) => this.#lent.set(client, 0))
    this.pool.on('release', (_error, client) => this.#lent.delete(client))
    this.#timer = setInterval(() => this.#look(), LOOK).unref()
  }

  /** This one is kept, to be told of what comes: that it is silent means nothing. */
  keeps(client: object): void {
    this.#lent.delete(client)
  }

  /** Cuts off what is there, also what waits for an answer. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.pool.end().catch(() => {})
    for (const socket of this.#sockets) socket.destroy()
  }

  #open(): Socket {
    const socket = new Socket()
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#tell(new Error('one of its sessions ended'))
    })
    // Opened for one that waited when the others were closed.
    if (this.#closed) setImmediate(() => socket.destroy())
    return socket
  }

  #look(): void {
    for (const [client, looks] of this.#lent) {
      this.#lent.set(client, looks + 1)
      if (looks + 1 >= LOOKS) this.#tell(new Error('the answer to a statement never came'))
    }
  }

  #tell(reason: Error): void {
    if (this.#told || this.#closed) return
    this.#told = true
    this.#lost(reason)
  }
}
