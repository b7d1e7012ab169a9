/** What is used of a WebSocket, whoever made it. */
export interface WebSocketLike {
  send(text: string): void
  close(): void
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

type WebSocketClass = new (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocketLike

/** Undefined: this Node (20) has none, and the package `ws`, which is optional, is not installed. */
export async function findWebSocket(): Promise<WebSocketClass | undefined> {
  const own = (globalThis as { readonly WebSocket?: WebSocketClass }).WebSocket
  if (own !== undefined) return own
  try {
    // Not a literal: its types need not be there to compile against ours.
    const name: string = 'ws'
    return ((await import(name)) as { readonly WebSocket: WebSocketClass }).WebSocket
  } catch {
    return undefined
  }
}
