import { keccak256 } from 'js-sha3'

type Address = `0x${string}`

/** A token has more holders than this; two generations of so many: what is used stays. */
const REMEMBERED = 16_384
let young = new Map<string, Address>()
let old = new Map<string, Address>()

/** An address as it is shown (https://eips.ethereum.org/EIPS/eip-55), of its 40 digits in lower case. Hashing is slow: it is remembered. */
export function checksumAddress(digits: string): Address {
  const known = young.get(digits)
  if (known !== undefined) return known
  const address = old.get(digits) ?? withChecksum(digits)
  if (young.size >= REMEMBERED) {
    old = young
    young = new Map()
  }
  // A slice would keep the whole text of the answer in memory.
  young.set(unsliced(digits), address)
  return address
}

/** A letter is a capital where the digit of the hash at its place is 8 or more. */
function withChecksum(digits: string): Address {
  const hash = keccak256(digits)
  let address = '0x'
  for (let at = 0; at < digits.length; at += 1) {
    const digit = digits.charAt(at)
    address += hash.charAt(at) >= '8' ? digit.toUpperCase() : digit
  }
  return address as Address
}

function unsliced(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
