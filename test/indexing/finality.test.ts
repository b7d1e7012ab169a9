import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datasource } from '../../src/datasources/datasource.ts'
import { ChainMismatchError, DatasourceError } from '../../src/errors.ts'
import { LifecycleStore } from '../../src/root/lifecycle-store.ts'
import { simulateChain, type SimulatedChain } from '../../src/testing/index.ts'
import { openIndexing } from './indexing-fixture.ts'

/** A source of the chain that tells what is final as long as `told` is true. */
function source(chain: SimulatedChain): { readonly datasource: Datasource; told: boolean } {
  const finalized = async (): Promise<number | undefined> => (control.told ? chain.finalized : undefined)
  const control: { readonly datasource: Datasource; told: boolean } = {
    told: true,
    datasource: { ...chain.datasource(), finalized },
  }
  return control
}

const silent = (error: unknown): boolean => {
  assert.ok(error instanceof DatasourceError)
  assert.match(error.message, /^index "transfers": .* does not tell what is final, though it did before$/)
  return error.retriable
}

test('a source that told what is final is asked again until it does, also after a restart', async (t) => {
  const { process, rows, journalled } = await openIndexing(t)
  const chain = simulateChain({ seed: 1, length: 100, finality: 90 })
  const control = source(chain)
  const first = process(control.datasource)
  await first.start()
  control.told = false
  chain.extend(80)
  await assert.rejects(first.advance(), silent)
  const second = process(control.datasource)
  await assert.rejects(second.start(), silent)
  assert.equal((await rows()).length, 100)
  control.told = true
  assert.deepEqual(await second.start(), { type: 'head' })
  assert.equal((await journalled()).at(-1), 179)
})

test('a source that never told has the finality of its index', async (t) => {
  const { process, journalled } = await openIndexing(t)
  const control = source(simulateChain({ seed: 1, length: 100, finality: 90 }))
  control.told = false
  for (let start = 0; start < 2; start += 1) await process(control.datasource, { finality: 5 }).start()
  assert.equal((await journalled()).length, 5)
})

test('who approves what is stored goes on with a source that does not tell', async (t) => {
  const { process, database } = await openIndexing(t)
  const control = source(simulateChain({ seed: 1, length: 100, finality: 90 }))
  await process(control.datasource).start()
  control.told = false
  await assert.rejects(process(control.datasource).start(), silent)
  await new LifecycleStore(database).approve()
  assert.deepEqual(await process(control.datasource).start(), { type: 'head' })
})

for (const [what, length] of [
  ['a reorg', 20],
  ['a reorg that is too deep', 200],
] as const) {
  test(`a node that comes back as one of another chain is told as that, and not as ${what}`, async (t) => {
    const { process, rows } = await openIndexing(t)
    let serving = simulateChain({ seed: 1, length, finality: 64 }).datasource()
    const datasource: Datasource = {
      description: 'node',
      chain: (call) => serving.chain?.(call) ?? Promise.reject(new Error('no chain')),
      head: (call) => serving.head(call),
      blocks: (from, to, call) => serving.blocks(from, to, call),
    }
    const { start, advance } = process(datasource)
    await start()
    const before = await rows()
    serving = simulateChain({ seed: 2, length: length + 10 }).datasource()
    await assert.rejects(advance(), ChainMismatchError)
    assert.deepEqual(await rows(), before)
  })
}
