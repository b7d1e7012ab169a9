import { DatasourceError } from '../../errors.ts'
import { TransportError } from './rpc-transport.ts'

/** The node's own error, as the cause of a `DatasourceError`: what of the URL nobody may see is not in its message. */
export class RpcError extends Error {
  readonly rpcCode: number | undefined
  /** Private, so that no inspection prints it. */
  readonly #said: string

  constructor(message: string, rpcCode: number | undefined, said: string) {
    super(message)
    this.rpcCode = rpcCode
    this.#said = said
  }

  /** The node's words as they came, to be looked at and never shown: a name like `query` makes "***" of the words that tell what is wrong. */
  get said(): string {
    return this.#said
  }
}

/** https://www.jsonrpc.org/specification#error_object, and https://ethereum.github.io/execution-apis/ */
const METHOD_NOT_FOUND = -32_601
const ABOUT_THE_QUESTION: ReadonlySet<number | undefined> = new Set([-32_602, -39_001])

/** As geth, Erigon, Nethermind, Besu and those made of them say that they have no such block, or take no such tag. */
const NO_SUCH_BLOCK =
  /block (was |is )?not (found|available|set)|(unknown|missing|invalid|unsupported) (block|tag|argument|param)|hex string without 0x/i

/** A limit passes, and says nothing about the block. */
const LIMIT = /limit|exceed|quota|too many|capacity|time(d )?out/i

/** Does the node mean what it was asked, and not itself? Another one would say the same. */
export function isAboutTheQuestion({ said, rpcCode }: RpcError): boolean {
  return !LIMIT.test(said) && (ABOUT_THE_QUESTION.has(rpcCode) || NO_SUCH_BLOCK.test(said))
}

/** The node did not answer, with something that is no JSON-RPC, or with a fault of its own: another one may know better. */
export function isNodeAtFault(error: DatasourceError): boolean {
  return !(error.cause instanceof RpcError && isAboutTheQuestion(error.cause))
}

/** Nothing that passes by itself. */
export function isForGood({ rpcCode }: RpcError): boolean {
  return rpcCode === METHOD_NOT_FOUND
}

/** As nodes and providers say it, with and without status 429. A range that is too large is none of these. */
const WORDS = /rate.?limit|request rate|too many requests|request limit|capacity|throughput|quota|\b429\b/i

/** Does the node want to be asked less? `after`: in so many ms, where it says. */
export function rateLimit(error: unknown): { readonly after: number | undefined } | undefined {
  if (!(error instanceof DatasourceError)) return undefined
  const { cause } = error
  if (cause instanceof TransportError) {
    const isLimit = cause.status === 429 || (cause.status === 503 && cause.retryAfter !== undefined)
    return isLimit ? { after: cause.retryAfter } : undefined
  }
  return cause instanceof RpcError && (cause.rpcCode === 429 || WORDS.test(cause.said))
    ? { after: undefined }
    : undefined
}
