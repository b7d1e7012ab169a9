/** What is used of a WebSocket, whoever made it. */
export interface WebSocketLike {
  send(text: string): void
  close(): void
  /** Only the package `ws` has it. */
  terminate?(): void
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

type WebSocketClass = new (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocketLike

/**
 * The one of the package `ws`, which is optional, or else Node's: that one cannot be cut off, so a server that does not answer keeps a
 * process for half a minute. Undefined: this Node (20) has none.
 */
export async function findWebSocket(): Promise<WebSocketClass | undefined> {
  try {
    // Not a literal: its types need not be there to compile against ours.
    const name: string = 'ws'
    return ((await import(name)) as { readonly WebSocket: WebSocketClass }).WebSocket
  } catch {
    return (globalThis as { readonly WebSocket?: WebSocketClass }).WebSocket
  }
}

/** Says that it is over, and does not wait until the server does, too. */
export function endSocket(socket: WebSocketLike): void {
  socket.close()
  socket.terminate?.()
}
