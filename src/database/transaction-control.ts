import { TransactionOverError } from '../errors.ts'

/**
 * As the first words of a statement. (Behind another statement or a comment in one text they are not found, and what they end is
 * noticed when it has ended.)
 */
const CONTROL =
  /^(?:\s|--[^\n]*\n)*(commit|end|abort|begin|start\s+transaction|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b/i

/** Ends a transaction and begins another, so that nothing would show that it was ended. */
const CHAIN = /\b(?:commit|end|rollback|abort)\s+(?:(?:work|transaction)\s+)?(and\s+chain)\b/i

/**
 * Why a statement of a user is not sent: it would end the transaction that it is in, with the half of it that is done, or begin one on a
 * connection that somebody else has next.
 */
export function controlRefusal(text: string): TransactionOverError | undefined {
  const words = (CONTROL.exec(text) ?? CHAIN.exec(text))?.[1]
  if (words === undefined) return undefined
  return new TransactionOverError(
    `${words.replace(/\s+/g, ' ').toUpperCase()} was not sent: Pawl begins and ends transactions by itself`,
    {
      hint: 'Put statements that belong together into sql.begin(…). To undo them, throw.',
    },
  )
}
