import { createPublicClient, http } from 'viem'
import type { NodeOptions } from './read-options.ts'
import { tokenAbi } from './token.ts'

const PATIENCE = 5_000

/** What is wrong with the user's node or token, in one line; undefined: nothing. */
export async function checkNode({ rpc, token, fromBlock }: NodeOptions): Promise<string | undefined> {
  // An access key may stand in the path, the query or before the @: only the host is safe to print.
  const node = new URL(rpc).host
  const client = createPublicClient({ transport: http(rpc, { retryCount: 0, timeout: PATIENCE }) })
  let head: bigint
  try {
    head = await client.getBlockNumber()
  } catch (error) {
    return `--rpc: no JSON-RPC node answers at ${node} (${reason(error)}): is it running, and is this its HTTP endpoint?`
  }
  if (BigInt(fromBlock) > head)
    return `--from-block: ${fromBlock} is beyond the newest block of ${node}, ${head}`
  try {
    if ((await client.getCode({ address: token })) === undefined) {
      return `--token: there is no contract at ${token} on ${node}`
    }
  } catch (error) {
    return `--rpc: ${node} does not say whether there is a contract at ${token} (${reason(error)})`
  }
  try {
    await client.readContract({ abi: tokenAbi, address: token, functionName: 'totalSupply' })
  } catch {
    return `--token: the contract at ${token} is no ERC-20: it does not answer totalSupply()`
  }
  return undefined
}

/** The innermost cause says what happened (`connect ECONNREFUSED 127.0.0.1:1`); what is around it, how viem called it. */
function reason(error: unknown): string {
  let innermost = error
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause
  if (!(innermost instanceof Error)) return String(innermost)
  const { code, shortMessage = innermost.message } = innermost as { code?: unknown; shortMessage?: string }
  return shortMessage === '' ? String(code) : (shortMessage.split('\n')[0] ?? shortMessage)
}
