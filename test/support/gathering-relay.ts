import { connect, createServer, type AddressInfo } from 'node:net'
import type { Scope } from './scope.ts'

/** ms. */
const GATHERED = 10

/** Stands before a server, and lets its answers come together: what was sent together is then answered in one piece. */
export async function gatheringRelayTo(t: Scope, databaseUrl: string): Promise<{ readonly url: string }> {
  const target = new URL(databaseUrl)
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    client.pipe(upstream)
    let gathered: Buffer[] = []
    const pass = (): void => {
      client.write(Buffer.concat(gathered))
      gathered = []
    }
    upstream.on('data', (chunk) => {
      if (gathered.push(chunk) === 1) setTimeout(pass, GATHERED)
    })
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
