import type { ServerResponse } from 'node:http'
import type { StatelyFeed } from './stately-feed.ts'

/** Bytes that wait in this process for a reader. */
const MOST_WAITING = 4_000_000
/** ms. So often a reader hears something, and knows that it is connected. */
const HEARTBEAT = 10_000

/**
 * Sends a feed to one reader as server-sent events, until that goes. Nobody waits for a slow one: it is cut off, comes again
 * by itself, and is told of everything as it is then.
 */
export function streamStately(
  feed: StatelyFeed,
  response: ServerResponse,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const write = (text: string): void => {
    if (response.writableLength > MOST_WAITING) response.destroy()
    else response.write(text)
  }
  const unlisten = feed.listen((message) => write(`data: ${JSON.stringify(message)}\n\n`))
  const heartbeat = setInterval(() => write(': \n\n'), HEARTBEAT).unref()
  response.on('close', () => {
    clearInterval(heartbeat)
    unlisten()
  })
}
