import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import type { TestContext } from 'node:test'

/** A port of this machine where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A port that takes connections and never answers. */
export async function mutePort(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    t.after(() => socket.destroy())
  })
  t.after(() => server.close())
  return listen(server)
}

/** The URL of a server that answers every request alike. */
export async function webServer(
  t: TestContext,
  status: number,
  type: string,
  body: string | ((url: string) => string),
): Promise<string> {
  const answer: RequestListener = ({ url = '' }, response) => {
    response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : body(url))
  }
  const server = createHttpServer(answer)
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${await listen(server)}`
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
