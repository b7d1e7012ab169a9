import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { DatasourceError } from '../../src/errors.ts'
import { simulateChain, type SimulatedChain } from '../../src/testing/index.ts'
import { assertLinked } from '../datasources/conformance.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }
const levels = (blocks: readonly { level: number }[]) => blocks.map(({ level }) => level)

test('the same seed and calls make the same chain', () => {
  const make = (seed: number) => {
    const chain = simulateChain({ seed, length: 20 })
    chain.reorg(5, 7)
    chain.extend(3)
    return chain.canonical()
  }
  assert.deepEqual(make(1), make(1))
  assert.notEqual(make(1).at(-1)?.hash, make(2).at(-1)?.hash)
})

test('any moves keep the chain linked, final levels in place, and no hash twice', () => {
  const move = fc.oneof(
    fc.record({ extend: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ depth: fc.integer({ min: 1, max: 9 }), length: fc.integer({ min: 0, max: 12 }) }),
  )
  fc.assert(
    fc.property(fc.integer(), fc.array(move, { maxLength: 30 }), (seed, moves) => {
      const chain = simulateChain({ seed, length: 10, finality: 9, emptyShare: 0.3 })
      const hashes = new Set(chain.canonical().map(({ hash }) => hash))
      const add = (blocks: SimulatedBlocks) => {
        for (const { hash } of blocks) assert.ok(!hashes.has(hash) && hashes.add(hash))
      }
      for (const step of moves) {
        const { finalized } = chain
        const parent = chain.head
        if ('extend' in step) {
          const added = chain.extend(step.extend)
          assert.equal(added[0]?.parentHash, parent.hash)
          add(added)
        } else {
          const depth = Math.min(step.depth, chain.canonical().length - 1)
          if (depth > 0) add(chain.reorg(depth, step.length).added)
        }
        assert.ok(chain.finalized >= finalized)
        assertLinked(chain.canonical())
      }
    }),
    { numRuns: 60 },
  )
})

test('events are small, positive and between the accounts', () => {
  const chain = simulateChain({ seed: 'accounts', length: 200, accounts: 3 })
  for (const { events } of chain.canonical()) {
    assert.ok(events.length >= 1 && events.length <= 3)
    for (const { from, to, amount } of events) {
      assert.match(from, /^account-[012]$/)
      assert.match(to, /^account-[012]$/)
      assert.ok(amount >= 1 && amount <= 1000)
    }
  }
})

test('empty levels are left out at or below finality, and there above', async () => {
  const chain = simulateChain({ seed: 5, length: 3 })
  chain.extend(4, { empty: true })
  chain.extend(1)
  const datasource = chain.datasource()
  assert.deepEqual(levels(await datasource.blocks(0, 7, { ...call, finalized: 4 })), [0, 1, 2, 5, 6, 7])
  assert.deepEqual(
    levels(await datasource.blocks(0, 7, { ...call, finalized: -1 })),
    [0, 1, 2, 3, 4, 5, 6, 7],
  )
})

test('the first block stays, whatever the depth', () => {
  const chain = simulateChain({ seed: 1, firstLevel: 100, length: 4 })
  const first = chain.block(100)
  chain.reorg(3, 0)
  assert.equal(chain.head, first)
  assert.throws(() => chain.reorg(1), /first block/)
  assert.throws(() => simulateChain({ seed: 1, length: 4 }).reorg(0), /first block/)
})

test('announced heads are told once each, then the truth', async () => {
  const chain = simulateChain({ seed: 1, length: 10 })
  const { removed } = chain.reorg(2)
  const datasource = chain.datasource()
  const late = chain.canonical()[3]
  assert.ok(late && removed[0])
  chain.announce(late, late, removed[0])
  const told = []
  for (let count = 0; count < 5; count += 1) {
    await datasource.changed?.(call)
    told.push((await datasource.head(call)).hash)
    if (told.length === 4) chain.announce(chain.head)
  }
  assert.deepEqual(told, [late.hash, late.hash, removed[0].hash, chain.head.hash, chain.head.hash])
})

test('two indexes notice a change, each on its own', async () => {
  const chain = simulateChain({ seed: 1 })
  const datasource = chain.datasource()
  const [one, two] = [
    { ...call, index: 'one' },
    { ...call, index: 'two' },
  ]
  await datasource.head(one)
  await datasource.head(two)
  chain.extend()
  await datasource.changed?.(one)
  await datasource.head(one)
  await datasource.changed?.(two)
  const waiting = datasource.changed?.(one)
  chain.extend()
  await waiting
})

test('faults come once, in the call that they are for', async () => {
  const chain = simulateChain({ seed: 1, length: 5 })
  const datasource = chain.datasource()
  const read = () => datasource.blocks(0, 4, { ...call, finalized: -1 })
  chain.fail({ times: 2, method: 'blocks' })
  assert.equal((await datasource.head(call)).level, 4)
  await assert.rejects(read(), (error) => error instanceof DatasourceError && error.retriable)
  await assert.rejects(read(), DatasourceError)
  assert.equal((await read()).length, 5)

  const refused = new Error('refused')
  chain.fail({ error: refused })
  await assert.rejects(datasource.head(call), (error) => error === refused)
})

test('a lie breaks one link, garbage is no block', async () => {
  const chain = simulateChain({ seed: 1, length: 5 })
  const datasource = chain.datasource()
  const read = () => datasource.blocks(0, 4, { ...call, finalized: -1 })
  chain.lie()
  const lied = await read()
  assert.deepEqual(
    levels(lied.filter((block, at) => block.parentHash !== chain.canonical()[at]?.parentHash)),
    [2],
  )
  chain.garble({ method: 'head' })
  chain.garble()
  assert.equal((await datasource.head(call)).level, undefined)
  assert.equal((await read())[0], null)
  assert.equal((await read()).length, 5)
})

test('a hanging call ends with its signal', async () => {
  const chain = simulateChain({ seed: 1 })
  chain.hang({ method: 'head' })
  const controller = new AbortController()
  const hanging = chain.datasource().head({ ...call, signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(hanging, /enough/)
})

test('something can happen just before a call is answered', async () => {
  const chain = simulateChain({ seed: 1, length: 10 })
  const datasource = chain.datasource()
  const { level } = await datasource.head(call)
  chain.before('blocks', () => chain.reorg(4, 1))
  assert.deepEqual(levels(await datasource.blocks(5, level, { ...call, finalized: -1 })), [5, 6])
})

test('healing forgets what was still to go wrong', async () => {
  const chain = simulateChain({ seed: 1 })
  const datasource = chain.datasource()
  chain.fail({ times: 100 })
  chain.announce({ ...chain.head, level: 99 })
  chain.heal()
  assert.equal((await datasource.head(call)).level, 0)
})

type SimulatedBlocks = ReturnType<SimulatedChain['canonical']>
