/** In memory, measured: a transfer 656, a transaction that calls a contract 2,760 to 3,030. */
const BLOCK = 800
const LOG = 700
const TRANSACTION = 3_000
/** How long data and input are that are in these. */
const DATA = 66
const INPUT = 300

interface Counted {
  readonly logs: readonly { readonly data?: string }[]
  readonly transactions?: readonly { readonly input?: string }[]
}

/** What a block takes in memory, roughly. Data is there twice, as text and decoded; a contract decides how long it is. */
export function bytesOfBlock(block: object): number {
  const { logs, transactions = [] } = block as Counted
  let bytes = BLOCK + logs.length * LOG + transactions.length * TRANSACTION
  for (const { data = '' } of logs) bytes += 2 * Math.max(0, data.length - DATA)
  for (const { input = '' } of transactions) bytes += Math.max(0, input.length - INPUT)
  return bytes
}
