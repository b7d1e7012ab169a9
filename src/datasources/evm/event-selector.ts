import { keccak256 } from 'js-sha3'
import type { AbiEvent, AbiParameter } from 'abitype'

/** A log's first topic: the hash of its event's signature. */
export function eventSelector(event: AbiEvent): `0x${string}` {
  return `0x${keccak256(eventSignature(event))}`
}

/** https://docs.soliditylang.org/en/latest/abi-spec.html#function-selector: the name, and the types without names. */
export function eventSignature({ name, inputs }: AbiEvent): string {
  return `${name}(${typesOf(inputs)})`
}

const typesOf = (parameters: readonly AbiParameter[]): string => parameters.map(typeOf).join(',')

/** Of a tuple its parts; an array of tuples keeps its brackets. */
function typeOf(parameter: AbiParameter): string {
  const { type } = parameter
  if (!type.startsWith('tuple') || !('components' in parameter)) return type
  return `(${typesOf(parameter.components)})${type.slice('tuple'.length)}`
}
