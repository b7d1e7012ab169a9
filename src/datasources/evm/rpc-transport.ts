/** A JSON-RPC call. */
export interface RpcCall {
  readonly method: string
  readonly params: readonly unknown[]
}

/** What a node answered one call. */
export type RpcAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number | undefined; readonly message: string } }

/** How calls come to a node and answers back. */
export interface RpcTransport {
  /** Resolves when it can send: what it needs is loaded. That is no node's time. */
  prepare?(): Promise<unknown>
  /**
   * Sends the calls together and resolves with their answers, in order.
   * @throws TransportError, or whatever `signal` is aborted with: a TransportError where the node took too long, else nobody waits
   */
  send(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly RpcAnswer[]>
  close(): void
}

/** No answer, or none that is JSON-RPC. The message goes after the node's address. */
export class TransportError extends Error {
  /** The URL may be wrong: nothing of this kind passes by itself, unless it worked before. */
  readonly wrongAddress: boolean
  /** What to do about it, as long as the URL never worked. */
  readonly hint: string | undefined
  /** Of HTTP, where that was answered. */
  readonly status: number | undefined
  /** ms that the node wants to be left alone. */
  readonly retryAfter: number | undefined

  constructor(
    message: string,
    options: {
      readonly wrongAddress: boolean
      readonly hint?: string
      readonly cause?: unknown
      readonly status?: number
      readonly retryAfter?: number | undefined
    },
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.status = options.status
    this.retryAfter = options.retryAfter
    this.wrongAddress = options.wrongAddress
    this.hint = options.hint
  }
}

/** The answer that a JSON-RPC object holds; undefined: it is none. */
export function toAnswer(response: unknown): RpcAnswer | undefined {
  if (typeof response !== 'object' || response === null) return undefined
  if ('error' in response && typeof response.error === 'object' && response.error !== null) {
    const { code, message } = response.error as { code?: unknown; message?: unknown }
    return {
      error: {
        code: typeof code === 'number' ? code : undefined,
        message: typeof message === 'string' ? message : JSON.stringify(response.error),
      },
    }
  }
  return 'result' in response ? { result: response.result } : undefined
}
