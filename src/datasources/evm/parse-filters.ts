import { formatAbiItem, parseAbiItem, type AbiEvent } from 'abitype'
import type { Address } from 'viem'
import { ConfigReader, isFields } from '../../config/config-reader.ts'
import { ConfigurationError } from '../../errors.ts'
import { describeValue } from '../../text/describe-value.ts'
import { eventSignature } from './event-selector.ts'
import type { LogFilters } from './log-filter.ts'

/** A filter as it is meant, whichever way it was written. */
export interface ParsedFilter {
  /** In lower case; undefined: from any contract. */
  readonly addresses: readonly string[] | undefined
  readonly events: readonly AbiEvent[]
}

/** @throws ConfigurationError that lists all that is wrong. */
export function parseFilters(filters: LogFilters): readonly ParsedFilter[] {
  const reader = new ConfigReader()
  const parsed = filters.flatMap((filter, at) => {
    const path = `evm.logs[${at}]`
    if (!isFields(filter)) {
      reader.wrong(path, `expected { address, event }, got ${describeValue(filter)}`)
      return []
    }
    reader.unknownKeys(filter, ['address', 'event'], path)
    const { address, event } = filter
    const refuse = (option: string) => (message: string) => reader.wrong(`${path}.${option}`, message)
    return {
      addresses:
        address === undefined ? undefined : parseAddresses(listOf<Address>(address), refuse('address')),
      events: parseEvents(listOf<AbiEvent | string>(event), refuse('event')),
    }
  })
  if (reader.issues.length > 0) throw new ConfigurationError(reader.issues)
  return parsed
}

/**
 * As text: to notice when others are asked for, or the same logs are decoded in another way. So with the names of arguments, and which are
 * indexed; and of events that nothing in a log tells apart the first is read, so those keep their order.
 */
export function describeFilters(filters: readonly ParsedFilter[]): readonly string[] {
  const lines = filters.flatMap(({ addresses, events }) =>
    events.flatMap((event) => {
      const text = formatAbiItem(event)
      const key = `${eventSignature(event)} ${countIndexed(event)}`
      return (addresses ?? ['anywhere']).map((from) => ({ key, text, line: `${text}, of ${from}` }))
    }),
  )
  return lines
    .map(({ key, text, line }, at) =>
      lines.some((other) => other.key === key && other.text !== text) ? `${line}, filter ${at}` : line,
    )
    .toSorted()
}

/** How many of its arguments are topics. */
export function countIndexed({ inputs }: AbiEvent): number {
  return inputs.filter(({ indexed }) => indexed).length
}

type Refuse = (message: string) => void

function parseAddresses(addresses: readonly Address[], refuse: Refuse): readonly string[] {
  if (addresses.length === 0) refuse('is empty; left out it means any contract')
  return addresses.flatMap((address) => {
    if (ADDRESS.test(address)) return [address.toLowerCase()]
    refuse(`${JSON.stringify(address)} is no address: 0x and 40 hex digits`)
    return []
  })
}

const ADDRESS = /^0x[0-9a-f]{40}$/i

function parseEvents(events: readonly (AbiEvent | string)[], refuse: Refuse): readonly AbiEvent[] {
  if (events.length === 0) refuse('names no event')
  return events.flatMap((event) => {
    const parsed = typeof event === 'string' ? parseText(event, refuse) : event
    if (parsed?.type === 'event' && parsed.anonymous !== true) return [parsed]
    if (parsed?.type === 'event') refuse(`${parsed.name} is anonymous: no topic tells its logs from others`)
    else if (typeof event !== 'string') refuse(`is no event of an ABI; expected ${EXAMPLE}`)
    return []
  })
}

const EXAMPLE = "one such as 'event Paused(address account)', or an event of an ABI"

/** https://abitype.dev/api/human#parseabiitem */
function parseText(text: string, refuse: Refuse): AbiEvent | undefined {
  try {
    const item = parseAbiItem([text] as never) as { readonly type: string }
    if (item.type === 'event') return item as AbiEvent
  } catch {
    // Its own words are of types and spaces: less than what is expected.
  }
  refuse(`${JSON.stringify(text)} is no event as Solidity writes it; expected ${EXAMPLE}`)
  return undefined
}

function listOf<Item>(value: unknown): readonly Item[] {
  return Array.isArray(value) ? (value as readonly Item[]) : [value as Item]
}
