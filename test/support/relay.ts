import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Scope } from './scope.ts'

/**
 * What can happen to one connection: `drop`, both ends are told; `reset`, both get an error; `stall`, nothing moves for a
 * while; `deaf`, the server is told that the client is gone and the client hears nothing; `mute`, the other way round.
 */
export const FAULTS = ['drop', 'reset', 'stall', 'deaf', 'mute'] as const
export type Fault = (typeof FAULTS)[number]

export interface Relay {
  /** The database, by way of the relay. */
  readonly url: string
  /** How many connections there are. */
  readonly size: number
  /** Ends every connection and takes no more. */
  cut(): void
  restore(): Promise<void>
  /** Cuts each connection that comes now when the server has answered it so many times. */
  cutAfter(answers: number): void
  /** Keeps every connection, and moves nothing any more: a network that is cut. */
  freeze(): void
  /** Does this to the connection of that number, from 0 to `size` – 1. `stall`: for so many ms. */
  disturb(number: number, fault: Fault, ms: number): void
}

interface Connection {
  readonly client: Socket
  readonly upstream: Socket
}

/** Stands before a server, so that a test can take it away. */
export async function relayTo(t: Scope, databaseUrl: string): Promise<Relay> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const connections = new Set<Connection>()
  const timers = new Set<NodeJS.Timeout>()
  let frozen = false
  let allowed = Infinity
  const open = (port: number): Promise<Server> => {
    const server = createServer((client) => {
      if (frozen) {
        sockets.add(client)
        return
      }
      const upstream = connect(Number(target.port), target.hostname)
      const connection = { client, upstream }
      connections.add(connection)
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          sockets.delete(socket)
          // Frozen, or one that is disturbed so that the other end is not told.
          if (frozen || !connections.delete(connection)) return
          for (const end of [client, upstream]) end.destroy()
        })
      }
      let left = allowed
      upstream.on('data', () => {
        left -= 1
        if (left <= 0) client.destroy()
      })
      client.pipe(upstream).pipe(client)
    })
    return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
  }
  const halt = ({ client, upstream }: Connection): void => {
    client.unpipe().pause()
    upstream.unpipe().pause()
  }
  let server = await open(0)
  const { port } = server.address() as AddressInfo
  const cut = (): void => {
    frozen = false
    server.close()
    for (const timer of timers) clearTimeout(timer)
    for (const socket of sockets) socket.destroy()
  }
  t.after(cut)
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    get size() {
      return connections.size
    },
    cut,
    restore: async () => {
      server = await open(port)
    },
    cutAfter: (answers) => {
      allowed = answers
    },
    freeze: () => {
      frozen = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    disturb: (number, fault, ms) => {
      const connection = [...connections][number]
      if (connection === undefined) return
      const { client, upstream } = connection
      switch (fault) {
        case 'drop':
          client.destroy()
          break
        case 'reset':
          client.resetAndDestroy()
          upstream.resetAndDestroy()
          break
        case 'stall': {
          halt(connection)
          const timer = setTimeout(() => {
            timers.delete(timer)
            client.pipe(upstream).pipe(client)
          }, ms)
          timers.add(timer)
          break
        }
        case 'deaf':
        case 'mute':
          connections.delete(connection)
          halt(connection)
          ;(fault === 'deaf' ? upstream : client).destroy()
      }
    },
  }
}
