import { keccak256 } from 'js-sha3'
import type { LogQuery } from './log-filter.ts'

/** Of the header's 2,048 bits, where a value sets its three. */
type Bits = readonly number[]

/**
 * What a header's `logsBloom` says of the logs that are asked for: that there are none, or nothing. A full one may have anything, and
 * an empty one is what chains have that do not fill it.
 */
export class LogsBloom {
  /** A log is of one of each of these. */
  readonly #wanted: readonly (readonly Bits[])[]

  constructor({ address, topics: [selectors] }: LogQuery) {
    this.#wanted = [selectors, ...(address === undefined ? [] : [address])].map((values) =>
      values.map(bitsOf),
    )
  }

  /** Surely none of the logs is in this block. */
  excludes(block: unknown): boolean {
    const { logsBloom } = block as { readonly logsBloom?: unknown }
    if (typeof logsBloom !== 'string' || !/^0x[0-9a-f]{512}$/i.test(logsBloom)) return false
    const bloom = Buffer.from(logsBloom.slice(2), 'hex')
    if (bloom.every((byte) => byte === 0)) return false
    const isSet = (bit: number): boolean => ((bloom[255 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0
    return this.#wanted.some((values) => !values.some((bits) => bits.every(isSet)))
  }
}

/** https://ethereum.github.io/yellowpaper/paper.pdf, 4.4.1: the low 11 bits of the first three pairs of bytes of the hash. */
function bitsOf(hex: string): Bits {
  const hash = keccak256.array(Buffer.from(hex.slice(2), 'hex'))
  return [0, 2, 4].map((at) => (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2_047)
}
