import { DatasourceError } from '../../errors.ts'
import { TransportError } from './rpc-transport.ts'

/** The node's own error, as the cause of a `DatasourceError`. */
export class RpcError extends Error {
  readonly rpcCode: number | undefined

  constructor(message: string, rpcCode: number | undefined) {
    super(message)
    this.rpcCode = rpcCode
  }
}

/** The node did not answer, or with something that is no JSON-RPC: another one may. */
export function isNodeAway(error: unknown): boolean {
  return error instanceof DatasourceError && error.cause instanceof TransportError
}

/** As nodes and providers say it, with and without status 429. A range that is too large is none of these. */
const WORDS = /rate.?limit|too many requests|request limit|capacity|throughput|quota|\b429\b/i

/** Does the node want to be asked less? `after`: in so many ms, where it says. */
export function rateLimit(error: unknown): { readonly after: number | undefined } | undefined {
  if (!(error instanceof DatasourceError)) return undefined
  const { cause } = error
  if (cause instanceof TransportError) {
    const isLimit = cause.status === 429 || (cause.status === 503 && cause.retryAfter !== undefined)
    return isLimit ? { after: cause.retryAfter } : undefined
  }
  return cause instanceof RpcError && (cause.rpcCode === 429 || WORDS.test(cause.message))
    ? { after: undefined }
    : undefined
}
