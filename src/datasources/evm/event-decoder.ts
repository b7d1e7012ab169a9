import type { AbiEvent, AbiParameter } from 'abitype'
import type { Hex } from 'viem'
import { checksumAddress } from './checksum-address.ts'
import { loadViem } from './viem.ts'

type Args = Record<string | number, unknown> | unknown[]
/** Of one word, 64 hex digits in lower case. Undefined: no value of the type. */
type ReadWord = (word: string) => unknown

/** Decodes logs of one event, each to what viem's `decodeEventLog` makes of it. Undefined: its data does not fit the event. */
export type DecodeEvent = (topics: readonly Hex[], data: Hex) => Args | undefined

/** Where every argument has its place. Undefined: the data has no fixed size. */
export function fixedDecoder(event: AbiEvent): DecodeEvent | undefined {
  const isUnnamed = event.inputs.some(({ name }) => name === undefined || name === '')
  const places = event.inputs.map((input, at) => ({
    name: isUnnamed ? at : (input.name ?? at),
    read: reader(input),
  }))
  const indexed = places.filter((_, at) => event.inputs[at]?.indexed)
  const others = places.filter((_, at) => !event.inputs[at]?.indexed)
  if (others.some(({ read }) => read === undefined)) return undefined
  const least = leastData(event.inputs.filter(({ indexed }) => indexed !== true))

  return (topics, data) => {
    const args = (isUnnamed ? [] : {}) as Record<string | number, unknown>
    if (data.length < least) return undefined
    for (const [at, { name, read }] of indexed.entries()) {
      const topic = topics[at + 1]
      if (topic === undefined || topic.length < 66) return undefined
      // What has no fixed size is only there as its hash.
      const value = read === undefined ? topic : read(lower(topic.slice(2, 66)))
      if (value === undefined) return undefined
      args[name] = value
    }
    for (const [at, { name, read }] of others.entries()) {
      const value = read?.(lower(data.slice(2 + 64 * at, 66 + 64 * at)))
      if (value === undefined) return undefined
      args[name] = value
    }
    return args as Args
  }
}

/** Of any event. viem hashes its signature anew for each log, and decodes to bytes first: several times as slow. */
export async function dynamicDecoder(event: AbiEvent): Promise<DecodeEvent> {
  const { decodeEventLog } = await loadViem()
  return (topics, data) => {
    try {
      // The selector was compared already.
      return (decodeEventLog({ abi: [event], topics: topics as [Hex, ...Hex[]], data }).args ?? {}) as Args
    } catch {
      return undefined
    }
  }
}

const UPPER = /[A-F]/

/** Nodes write hex in lower case; where one does not, it means the same. */
const lower = (word: string): string => (UPPER.test(word) ? word.toLowerCase() : word)

/** How long data must be, its 0x included. As to viem: of bytes at the end, those after them may be missing. */
function leastData(inputs: readonly AbiParameter[]): number {
  const last = inputs.at(-1)
  if (last === undefined) return 0
  const digits = Number(/^bytes(\d+)$/.exec(last.type)?.[1] ?? 32) * 2
  return 2 + Math.max(64, 64 * (inputs.length - 1) + digits)
}

/** Undefined: the type has no fixed size of one word. */
function reader({ type }: AbiParameter): ReadWord | undefined {
  if (type === 'address') return readAddress
  if (type === 'bool') return readBool
  const [, kind, digits] = /^(u?int|bytes)(\d+)?$/.exec(type) ?? []
  if (kind === undefined || (kind === 'bytes' && digits === undefined)) return undefined
  const size = Number(digits ?? 256)
  if (kind === 'bytes') return (word) => `0x${word.slice(0, size * 2)}`
  return numberReader(kind === 'uint', size)
}

const readAddress: ReadWord = (word) => checksumAddress(word.slice(24))

const readBool: ReadWord = (word) => {
  if (!word.startsWith(ZEROS)) return undefined
  return word.endsWith('1') ? true : word.endsWith('0') ? false : undefined
}

const ZEROS = '0'.repeat(63)

/** As viem: up to 48 bits a number, above a bigint. What has more bits than its type is told as it is, where it is a safe integer. */
function numberReader(isUnsigned: boolean, bits: number): ReadWord {
  const read = (word: string): bigint => {
    const value = BigInt(`0x${word}`)
    return isUnsigned ? value : BigInt.asIntN(256, value)
  }
  if (bits > 48) return read
  return (word) => {
    const value = Number(read(word))
    return Number.isSafeInteger(value) ? value : undefined
  }
}
