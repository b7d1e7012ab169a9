import { TransactionOverError } from '../errors.ts'
import { splitStatements } from '../text/split-statements.ts'

/** As the first words of a statement. */
const CONTROL =
  /^(?:\s|--[^\n]*\n)*(commit|end|abort|begin|start\s+transaction|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b/i

/** Of few texts every statement is looked at: of those that may be more than one, or begin with a comment, and have such a word. */
const MAY_HIDE = /;\s*\S|^\s*(?:--[^\n]*\n\s*)*\/\*/
const WORD = /\b(?:commit|end|abort|begin|start|prepare|rollback)\b/i

/** The same few are sent again and again. */
const known = new Map<string, string | undefined>()
/** Texts may hold values. */
const MOST_KNOWN = 100

/**
 * Why a statement of a user is not sent: it would end the transaction that it is in, with the half of it that is done, or begin one on a
 * connection that somebody else has next. (What other fragments add to its text is not seen, and what they end is noticed when it has
 * ended.)
 */
export function controlRefusal(text: string): TransactionOverError | undefined {
  const words = CONTROL.exec(text)?.[1] ?? (MAY_HIDE.test(text) && WORD.test(text) ? hidden(text) : undefined)
  if (words === undefined) return undefined
  return new TransactionOverError(
    `${words.replace(/\s+/g, ' ').toUpperCase()} was not sent: Pawl begins and ends transactions by itself`,
    {
      hint: 'Put statements that belong together into sql.begin(…). To undo them, throw.',
    },
  )
}

function hidden(text: string): string | undefined {
  if (known.has(text)) return known.get(text)
  if (known.size >= MOST_KNOWN) known.clear()
  const words = splitStatements(text)
    .map((statement) => CONTROL.exec(statement.text)?.[1])
    .find((found) => found !== undefined)
  known.set(text, words)
  return words
}
