import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface Message {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A service on this machine, closed after the test. It takes note of every request, whatever `answer` does with it. */
export async function listen(t: TestContext, answer: (message: Message, response: ServerResponse) => void) {
  const messages: Message[] = []
  const waiting = new Set<() => void>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const message = { path: request.url ?? '', headers: request.headers, body }
      messages.push(message)
      answer(message, response)
      for (const look of waiting) look()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    /** Resolves when a message that fits is there. */
    async gets(fits: (message: Message) => boolean): Promise<void> {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (!messages.some(fits)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    },
  }
}
