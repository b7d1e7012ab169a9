import assert from 'node:assert/strict'
import test from 'node:test'
import { expectTypeOf } from 'expect-type'
import * as v from 'valibot'
import { accountOf, TOKEN } from '../../../examples/local-tzkt/tezos-rows.ts'
import { tzkt, type TezosTransaction } from '../../../src/datasources/tzkt.ts'
import { ConfigurationError } from '../../../src/errors.ts'

const url = 'https://api.tzkt.io'
const issuesOf = (options: object): readonly string[] => {
  try {
    tzkt({ url, ...options })
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigurationError)
    return error.issues.map(({ path, message }) => `${path}: ${message}`)
  }
}

test('a wrong URL is told, without showing it', () => {
  const expected = 'expected the URL of a TzKT API without /v1, such as https://api.tzkt.io'
  for (const [wrong, words] of [
    [undefined, 'is missing (an environment variable that is not set?)'],
    ['', 'is empty (an environment variable that is not set?)'],
    ['api.tzkt.io', 'has no scheme'],
    ['wss://api.tzkt.io', 'has the scheme "wss"'],
  ] as const) {
    assert.deepEqual(issuesOf({ url: wrong }), [`tzkt.url: ${words}; ${expected}`])
  }
})

test('everything wrong with filters is told at once', () => {
  assert.deepEqual(
    issuesOf({
      operations: [
        { kind: 'transaction', target: 'KT1tooshort', entrypoint: [] },
        { kind: 'delegation' },
        { kind: 'transaction', targt: TOKEN },
        { kind: 'origination', storage: v.objectAsync({}) },
        7,
      ],
      events: { contract: TOKEN },
      bigMaps: [{ bigMap: '511' }],
      tokenTransfers: [{ tokenId: 0 }],
      blocks: 'full',
    }),
    [
      'tzkt.operations[0].target: expected an address: tz1…, KT1… or sr1…, of 36 characters, got "KT1tooshort"',
      'tzkt.operations[0].entrypoint: is empty; left out it means any',
      "tzkt.operations[1].kind: expected 'transaction' or 'origination', got \"delegation\"",
      'tzkt.operations[2].targt: there is no such field – did you mean "target"?; there are target, sender, initiator, targetCodeHash, entrypoint, parameter, storage',
      'tzkt.operations[3].storage: expected a valibot schema that is not async, got an object',
      'tzkt.operations[4]: expected a filter: an object, got 7',
      'tzkt.events: expected a list of filters, got an object',
      'tzkt.bigMaps[0].bigMap: expected a whole number, got "511"',
      'tzkt.tokenTransfers[0].tokenId: expected a text, got 0',
      'tzkt.blocks: expected \'header\' or a valibot schema that is not async, got "full"',
    ],
  )
  assert.deepEqual(issuesOf({ pollInterval: 0 }), [
    'tzkt.pollInterval: expected a whole number of 1 or more, got 0',
  ])
  assert.deepEqual(issuesOf({ finality: -1 }), [
    'tzkt.finality: expected a whole number of 0 or more, got -1',
  ])
})

test('what is selected is told, whichever way it is written, and nothing else', () => {
  const selection = (options: object) => JSON.stringify(tzkt({ url, ...options }).selection)
  const one = selection({ operations: [{ kind: 'transaction', target: TOKEN, entrypoint: ['a', 'b'] }] })
  assert.equal(
    one,
    selection({
      url: 'https://tzkt.example',
      operations: [{ entrypoint: ['b', 'a'], target: TOKEN, kind: 'transaction', parameter: v.any() }],
    }),
  )
  assert.notEqual(one, selection({ operations: [{ kind: 'transaction', target: accountOf('x') }] }))
  assert.notEqual(selection({}), selection({ blocks: 'header' }))
})

test('blocks that a schema made something of cannot be kept for others', () => {
  const uncacheable = (options: object) => tzkt({ url, ...options }).uncacheable !== undefined
  for (const [options, expected] of [
    [{ blocks: 'header' }, false],
    [{ operations: [{ kind: 'transaction', target: TOKEN, entrypoint: ['a', 'b'] }] }, false],
    [{ operations: [{ kind: 'transaction', target: TOKEN, parameter: undefined }] }, false],
    [{ operations: [{ kind: 'transaction', target: TOKEN, parameter: v.any() }] }, true],
    [{ operations: [{ kind: 'origination', storage: v.any() }] }, true],
    [{ events: [{ tag: 'sold', payload: v.any() }] }, true],
    [{ bigMaps: [{ contract: TOKEN, key: v.any() }] }, true],
    [{ blocks: v.object({}) }, true],
  ] as const)
    assert.equal(uncacheable(options), expected, JSON.stringify(options))
})

test('filters give operations, events and big maps their types', () => {
  const token = 'KT1PWx2mnDueood7fEmfbBDKx1D9BAnnXitn'
  const datasource = tzkt({
    url,
    operations: [
      { kind: 'transaction', target: token, entrypoint: 'transfer', parameter: v.object({ to: v.string() }) },
      { kind: 'transaction', target: token, entrypoint: ['mint', 'burn'], parameter: v.number() },
      { kind: 'origination', storage: v.object({ owner: v.string() }) },
    ],
    events: [{ tag: 'sold', payload: v.object({ price: v.pipe(v.string(), v.toBigint()) }) }],
    bigMaps: [{ contract: token, path: 'ledger', key: v.string(), value: v.number() }],
    blocks: v.object({ cycle: v.number() }),
  })
  type Block = Awaited<ReturnType<typeof datasource.blocks>>[number]
  type Operation = Block['operations'][number]
  expectTypeOf<Extract<Operation, { entrypoint: 'transfer' }>>().toEqualTypeOf<
    TezosTransaction<typeof token, 'transfer', { to: string }, undefined>
  >()
  expectTypeOf<Extract<Operation, { kind: 'origination' }>['storage']>().toEqualTypeOf<{ owner: string }>()
  expectTypeOf<Block['events'][number]['payload']>().toEqualTypeOf<{ price: bigint }>()
  expectTypeOf<Block['events'][number]['tag']>().toEqualTypeOf<'sold'>()
  expectTypeOf<Block['bigMaps'][number]['value']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<Block['details']>().toEqualTypeOf<{ cycle: number }>()

  const narrowed = (operation: Operation) => {
    if (operation.kind === 'transaction' && operation.entrypoint === 'transfer') {
      expectTypeOf(operation.parameter).toEqualTypeOf<{ to: string }>()
    } else if (operation.kind === 'transaction') {
      expectTypeOf(operation.parameter).toEqualTypeOf<number>()
    }
  }
  assert.equal(typeof narrowed, 'function')

  const untyped = tzkt({ url, operations: [{ kind: 'transaction' }] })
  type Untyped = Awaited<ReturnType<typeof untyped.blocks>>[number]
  expectTypeOf<Untyped['operations'][number]['parameter']>().toEqualTypeOf<unknown>()
  expectTypeOf<Untyped['operations'][number]['target']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Untyped['events'][number]>().toEqualTypeOf<never>()
})
