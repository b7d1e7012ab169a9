import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AbiEvent, Hex } from 'viem'
import { decodeEventLog, formatLog, getAddress, parseAbiItem, toEventSelector } from 'viem/utils'
import { checksumAddress } from '../../../src/datasources/evm/checksum-address.ts'
import { dynamicDecoder, fixedDecoder } from '../../../src/datasources/evm/event-decoder.ts'
import { LogReader } from '../../../src/datasources/evm/log-filter.ts'

const word = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  fc.constantFrom('0', '1', '2', 'f', 'ff', 'ffff', '7f', '80').map((digits) => digits.padStart(64, '0')),
  fc.constantFrom('1', '8', '0f', '80').map((digits) => digits.padStart(64, 'f')),
  // An address, of which the first twelve bytes are no part.
  fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((bytes) => Buffer.from(bytes).toString('hex').padStart(64, '0')),
  fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase()),
)

const type = fc.oneof(
  fc.constantFrom(
    'address',
    'bool',
    'uint',
    'int',
    'bytes32',
    'bytes1',
    'bytes20',
    'uint8',
    'uint48',
    'uint56',
    'int8',
    'int48',
    'int56',
  ),
  fc.constantFrom('uint128', 'uint256', 'int256', 'string', 'bytes', 'uint256[]', 'uint8[2]'),
)

const event = fc
  .tuple(fc.array(fc.record({ type, indexed: fc.boolean() }), { maxLength: 6 }), fc.boolean())
  .map(([inputs, named]): AbiEvent => {
    let topics = 0
    return {
      type: 'event',
      name: 'Any',
      inputs: inputs.map(({ type: kind, indexed }, at) => {
        const isTopic = indexed && topics < 3
        if (isTopic) topics += 1
        return { type: kind, indexed: isTopic, name: named || at === 1 ? `value${at}` : '' }
      }),
    }
  })

test('every log is read as viem reads it, or by neither', async () => {
  let read = 0
  let fixed = 0
  await fc.assert(
    fc.asyncProperty(
      event,
      fc.array(word, { minLength: 3, maxLength: 3 }),
      fc.array(word, { maxLength: 8 }),
      fc.nat(3),
      async (abi, topics, words, cut) => {
        const count = abi.inputs.filter(({ indexed }) => indexed).length
        const raw = [toEventSelector(abi), ...topics.slice(0, count).map((topic): Hex => `0x${topic}`)] as [
          Hex,
          ...Hex[],
        ]
        const data: Hex = `0x${words.join('').slice(0, words.length * 64 - cut * 2)}`
        const decode = fixedDecoder(abi)
        const ours = (decode ?? (await dynamicDecoder(abi)))(raw, data)
        let theirs: unknown
        try {
          theirs = decodeEventLog({ abi: [abi], topics: raw, data }).args ?? {}
        } catch {
          theirs = undefined
        }
        assert.deepEqual(ours, theirs)
        if (ours !== undefined) read += 1
        if (ours !== undefined && decode !== undefined) fixed += 1
      },
    ),
    { numRuns: 3_000 },
  )
  assert.ok(read > 300 && fixed > 100, `only ${read} were read at all, ${fixed} without viem`)
})

test('addresses have their checksums, however many there are', () => {
  const address = (n: number): string =>
    (BigInt(n + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).slice(-40)
  for (let n = 0; n < 40_000; n += 1) {
    const [digits, frequent] = [address(n).padStart(40, '0'), address(n % 7).padStart(40, '0')]
    // viem takes longer: one in ten is compared.
    if (n % 10 === 0) assert.equal(checksumAddress(digits), getAddress(`0x${digits}`))
    else checksumAddress(digits)
    assert.equal(checksumAddress(frequent), getAddress(`0x${frequent}`))
  }
  assert.equal(
    checksumAddress('a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'),
    '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48',
  )
})

test('a log has all that viem gives it, and what it does not know, too', async () => {
  const height = parseAbiItem('event Height(uint256 level)')
  const read = await new LogReader([{ event: height }]).ready()
  const raw = (at: number, more: object) => ({
    address: '0x0000000000000000000000000000000000000001',
    topics: [toEventSelector(height)],
    data: `0x${at.toString(16).padStart(64, '0')}`,
    blockNumber: `0x${Math.floor(at / 2).toString(16)}`,
    blockHash: `0x${Math.floor(at / 2)}`,
    transactionHash: `0x${at % 3}`,
    transactionIndex: '0x1',
    logIndex: '0x0',
    removed: false,
    ...more,
  })
  for (const [at, more] of [
    {},
    { blockTimestamp: '0x5' },
    { blockTimestamp: null },
    { l1Fee: '0x1' },
    { blockHash: null },
  ].entries()) {
    assert.deepStrictEqual(
      // What is left out is undefined to viem, a key without a value.
      { blockTimestamp: undefined, ...read(raw(at, more) as never) },
      formatLog(raw(at, more) as never, { args: { level: BigInt(at) }, eventName: 'Height' }),
    )
  }
})
