import type { AbiEvent, AbiParameter, Address, Hex } from 'viem'
import { decodeEventLog, getAddress } from 'viem/utils'

type Args = Record<string | number, unknown> | unknown[]
/** Of one word, 64 hex digits. Undefined: not as an ABI encoder writes it. */
type ReadWord = (word: string) => unknown

/** Decodes logs of one event, each to what viem's `decodeEventLog` makes of it. Undefined: its data does not fit the event. */
export type DecodeEvent = (topics: readonly Hex[], data: Hex) => Args | undefined

/**
 * viem hashes the event's signature anew for each log, and every address for its checksum. Where all arguments have a fixed size
 * they are read from their place; whatever looks unusual there is viem's to judge.
 */
export function eventDecoder(event: AbiEvent): DecodeEvent {
  const byViem: DecodeEvent = (topics, data) => {
    try {
      // The selector was compared already.
      return (decodeEventLog({ abi: [event], topics: topics as [Hex, ...Hex[]], data }).args ?? {}) as Args
    } catch {
      return undefined
    }
  }
  const isUnnamed = event.inputs.some(({ name }) => name === undefined || name === '')
  const places = event.inputs.map((input, at) => ({
    name: isUnnamed ? at : (input.name ?? at),
    read: reader(input),
  }))
  const indexed = places.filter((_, at) => event.inputs[at]?.indexed)
  const others = places.filter((_, at) => !event.inputs[at]?.indexed)
  if (others.some(({ read }) => read === undefined)) return byViem

  return (topics, data) => {
    const args = (isUnnamed ? [] : {}) as Record<string | number, unknown>
    // Nodes write hex in lower case; so does viem, but for what it takes over as it stands.
    if (data.length < 2 + 64 * others.length || UPPER.test(data)) return byViem(topics, data)
    for (const [at, { name, read }] of indexed.entries()) {
      const topic = topics[at + 1]
      if (topic === undefined || topic.length !== 66 || UPPER.test(topic)) return byViem(topics, data)
      // What has no fixed size is only there as its hash.
      const value = read === undefined ? topic : read(topic.slice(2))
      if (value === undefined) return byViem(topics, data)
      args[name] = value
    }
    for (const [at, { name, read }] of others.entries()) {
      const value = read?.(data.slice(2 + 64 * at, 66 + 64 * at))
      if (value === undefined) return byViem(topics, data)
      args[name] = value
    }
    return args as Args
  }
}

const UPPER = /[A-F]/

/** Undefined: the type has no fixed size of one word. */
function reader({ type }: AbiParameter): ReadWord | undefined {
  if (type === 'address') return readAddress
  if (type === 'bool') return readBool
  const [, kind, digits] = /^(u?int|bytes)(\d+)?$/.exec(type) ?? []
  if (kind === undefined || (kind === 'bytes' && digits === undefined)) return undefined
  const size = Number(digits ?? 256)
  if (kind === 'bytes') return (word) => `0x${word.slice(0, size * 2)}`
  return kind === 'uint' ? unsignedReader(size) : signedReader(size)
}

const readBool: ReadWord = (word) => {
  if (!word.startsWith(ZEROS.slice(0, 63))) return undefined
  return word.endsWith('1') ? true : word.endsWith('0') ? false : undefined
}

const ZEROS = '0'.repeat(64)

/** As viem: up to 48 bits a number, above a bigint. */
function unsignedReader(bits: number): ReadWord {
  const padding = ZEROS.slice(0, 64 - bits / 4)
  return (word) => {
    if (!word.startsWith(padding)) return undefined
    return bits > 48 ? BigInt(`0x${word}`) : Number.parseInt(word, 16)
  }
}

function signedReader(bits: number): ReadWord {
  return (word) => {
    const value = BigInt.asIntN(256, BigInt(`0x${word}`))
    if (BigInt.asIntN(bits, value) !== value) return undefined
    return bits > 48 ? value : Number(value)
  }
}

const readAddress: ReadWord = (word) => checksummed(word.slice(24))

/** viem keeps 8,192, and a token has more holders. Two generations: what is used stays. */
const REMEMBERED = 16_384
let young = new Map<string, Address>()
let old = new Map<string, Address>()

function checksummed(digits: string): Address {
  const known = young.get(digits)
  if (known !== undefined) return known
  const address = old.get(digits) ?? getAddress(`0x${digits}`)
  if (young.size >= REMEMBERED) {
    old = young
    young = new Map()
  }
  // A slice would keep the whole text of the answer in memory.
  young.set(unsliced(digits), address)
  return address
}

function unsliced(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
