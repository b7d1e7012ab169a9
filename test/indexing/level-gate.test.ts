import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLevelGate } from '../../src/indexing/level-gate.ts'

test('levels run side by side', async () => {
  const gate = createLevelGate()
  const order: string[] = []
  const first = held()
  const running = gate.level(async () => first.promise)
  await gate.level(async () => void order.push('second'))
  assert.deepEqual(order, ['second'])
  first.resolve()
  await running
})

test('exclusive work waits for running levels, and holds those that come after it', async () => {
  const gate = createLevelGate()
  const order: string[] = []
  const first = held()
  const level = gate.level(async () => {
    await first.promise
    order.push('level')
  })
  assert.equal(gate.contended, false)
  const exclusive = gate.exclusive(async () => void order.push('exclusive'))
  assert.equal(gate.contended, true)
  const later = gate.level(async () => void order.push('later'))
  first.resolve()
  await Promise.all([level, exclusive, later])
  assert.deepEqual(order, ['level', 'exclusive', 'later'])
  assert.equal(gate.contended, false)
})

test('who gives up waiting rejects with the reason, and holds nobody up', async () => {
  const gate = createLevelGate()
  const first = held()
  const running = gate.level(() => first.promise)
  const patience = new AbortController()
  const reason = new Error('no patience')
  const exclusive = gate.exclusive(() => Promise.reject(new Error('ran')), patience.signal)
  const after = gate.level(async () => 'ran')
  patience.abort(reason)
  await assert.rejects(exclusive, (error) => error === reason)
  assert.equal(await after, 'ran')
  await assert.rejects(
    gate.level(async () => 'ran', patience.signal),
    (error) => error === reason,
  )
  first.resolve()
  await running
})

test('work that throws lets the next in', async () => {
  const gate = createLevelGate()
  await assert.rejects(
    gate.exclusive(() => Promise.reject(new Error('exclusive'))),
    /exclusive/,
  )
  await assert.rejects(
    gate.level(() => Promise.reject(new Error('level'))),
    /level/,
  )
  assert.equal(await gate.exclusive(async () => 'in'), 'in')
})

test('exclusive work is alone, all have their turn, and none is overtaken by the other kind', async () => {
  const work = fc.record({ alone: fc.boolean(), turns: fc.nat(4), gap: fc.nat(3), givesUp: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(work, { maxLength: 30 }), async (works) => {
      const gate = createLevelGate()
      const started: number[] = []
      let levels = 0
      let alone = 0
      const all: Promise<unknown>[] = []
      for (const [at, { alone: isAlone, turns, gap, givesUp }] of works.entries()) {
        const patience = new AbortController()
        const run = async (): Promise<void> => {
          started.push(at)
          if (isAlone) alone += 1
          else levels += 1
          assert.ok(alone === 0 || (alone === 1 && levels === 0), 'not alone')
          await someTurns(turns)
          if (isAlone) alone -= 1
          else levels -= 1
        }
        const signal = patience.signal
        all.push((isAlone ? gate.exclusive(run, signal) : gate.level(run, signal)).catch(() => {}))
        if (givesUp) patience.abort()
        await someTurns(gap)
      }
      await Promise.all(all)
      assert.deepEqual(
        started,
        started.toSorted((a, b) => a - b),
      )
      const patient = works.flatMap(({ givesUp }, at) => (givesUp ? [] : [at]))
      assert.ok(patient.every((at) => started.includes(at)))
      assert.equal(gate.contended, false)
    }),
    { numRuns: 200 },
  )
})

function held(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

async function someTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve()
}
