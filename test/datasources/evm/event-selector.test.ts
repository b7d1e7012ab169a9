import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AbiEvent, AbiParameter } from 'abitype'
import { toEventSelector, toEventSignature } from 'viem/utils'
import { eventSelector, eventSignature } from '../../../src/datasources/evm/event-selector.ts'

const { parameter } = fc.letrec<{ parameter: AbiParameter }>((tie) => ({
  parameter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      type: fc.constantFrom(
        'address',
        'uint256',
        'int8',
        'bytes',
        'string[]',
        'bool[3][]',
        'bytes32',
        'uint',
      ),
      name: fc.constantFrom('one', 'two', ''),
    }),
    fc.record({
      type: fc.constantFrom('tuple', 'tuple[]', 'tuple[2]', 'tuple[2][]'),
      name: fc.constantFrom('three', ''),
      components: fc.array(tie('parameter'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}))

test('a signature and its hash are those that viem makes', () => {
  const event = fc.record({
    type: fc.constant('event' as const),
    name: fc.constantFrom('Transfer', 'OrderFulfilled', 'a'),
    inputs: fc.array(parameter, { maxLength: 5 }),
  })
  fc.assert(
    fc.property(event, (abi: AbiEvent) => {
      assert.equal(eventSignature(abi), toEventSignature(abi))
      assert.equal(eventSelector(abi), toEventSelector(abi))
    }),
    { numRuns: 500 },
  )
})
