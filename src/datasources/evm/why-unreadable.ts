import { describeValue } from '../../text/describe-value.ts'

const HEX = /^0x[0-9a-f]*$/i
const NUMBER = /^0x[0-9a-f]+$/i
const TEXTS = ['address', 'data'] as const
const NUMBERS = ['blockNumber', 'logIndex'] as const
/** Nodes leave these out, or have null there. */
const OPTIONAL = ['transactionIndex', 'blockTimestamp'] as const

/**
 * What of a log is not as JSON-RPC has it, as words, so that none of the answer can be believed. Undefined: it can be read.
 * A `blockHash` need not be looked at: it is compared with those of the blocks.
 */
export function whyUnreadable(log: unknown): string | undefined {
  if (typeof log !== 'object' || log === null) return `it is ${describeValue(log)}`
  const fields = log as Readonly<Record<string, unknown>>
  const { topics, removed } = fields
  if (removed === true) return 'its block left the chain (removed: true)'
  if (!Array.isArray(topics) || !topics.every(isHex)) return `its topics are ${describeValue(topics)}`
  const field =
    TEXTS.find((name) => !isHex(fields[name])) ??
    NUMBERS.find((name) => !isNumber(fields[name])) ??
    OPTIONAL.find((name) => fields[name] !== undefined && fields[name] !== null && !isNumber(fields[name]))
  return field && `its ${field} is ${describeValue(fields[field])}`
}

const isHex = (value: unknown): boolean => typeof value === 'string' && HEX.test(value)

const isNumber = (value: unknown): boolean => typeof value === 'string' && NUMBER.test(value)
