import { DatasourceError } from '../../errors.ts'
import { RpcError } from './rpc-error.ts'
import { TransportError } from './rpc-transport.ts'

/**
 * No code says it: -32005 is also a rate limit, -32602 any bad parameter. These are the words of geth, Erigon, Nethermind,
 * Alchemy, Infura, QuickNode, Ankr, Chainstack, Cloudflare, dRPC and thirdweb.
 */
const WORDS = [
  /query returned more than/,
  /(block|eth_getlogs)[\w ]* range/,
  /range (is |too |exceed|limit|larger|wide)/,
  /exceeds? (the )?(max|range|limit)[\w ]*(range|blocks|results|logs)/,
  /(max|maximum|limited to)[\w ]* (\d[\d,]*|block|blocks)[\w ]* (range|blocks)/,
  /too (many|large)[\w ]* (logs|results|blocks|range)/,
  /(response|result)( size| set)?[\w ]* (exceed|too large|too big|is too)/,
  /query timeout exceeded/,
  /ranges? over \d/,
  /number of requested blocks/,
] as const

/** Does the node mean that fewer levels at once would do? */
export function isRangeTooLarge(error: unknown): boolean {
  if (!(error instanceof DatasourceError)) return false
  if (error.cause instanceof TransportError) return / 413 /.test(error.message)
  if (!(error.cause instanceof RpcError)) return false
  const words = error.cause.said.toLowerCase()
  return WORDS.some((pattern) => pattern.test(words))
}
