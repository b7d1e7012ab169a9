import { connect, createServer, type AddressInfo } from 'node:net'
import type { Scope } from './scope.ts'

export interface Tampering {
  /** What the server gets instead. Default: the same. */
  readonly toServer?: (chunk: Buffer) => Buffer
  /** Of one connection: gives the client what it gets by `pass`. Default: the same, at once. */
  readonly toClient?: (pass: (chunk: Buffer) => void) => (chunk: Buffer) => void
}

/** Stands before a server, and sees and changes what goes by. */
export async function tamperingRelayTo(
  t: Scope,
  databaseUrl: string,
  { toServer = (chunk) => chunk, toClient = (pass) => pass }: Tampering,
): Promise<{ readonly url: string }> {
  const target = new URL(databaseUrl)
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    client.on('data', (chunk) => upstream.write(toServer(chunk)))
    upstream.on(
      'data',
      toClient((chunk) => void client.write(chunk)),
    )
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: url.href }
}

/** ms */
const GATHERED = 10

/** Lets answers come together: what was sent together is then answered in one piece. */
export const gathering: Tampering = {
  toClient: (pass) => {
    let gathered: Buffer[] = []
    const passAll = (): void => {
      pass(Buffer.concat(gathered))
      gathered = []
    }
    return (chunk) => {
      if (gathered.push(chunk) === 1) setTimeout(passAll, GATHERED)
    }
  },
}
