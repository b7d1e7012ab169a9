import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FireHeap } from '../../src/jobs/fire-heap.ts'

test('the heap agrees with a sorted list, whatever is set, moved, deleted and taken', () => {
  const key = fc.integer({ min: 0, max: 20 })
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), key, at: fc.nat({ max: 50 }) }) },
    fc.record({ do: fc.constant('delete' as const), key, at: fc.constant(0) }),
    fc.record({ do: fc.constant('take' as const), key, at: fc.nat({ max: 50 }) }),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const heap = new FireHeap<number>()
      const model = new Map<number, number>()
      for (const { do: what, key: one, at } of commands) {
        const first = model.size === 0 ? undefined : Math.min(...model.values())
        assert.equal(heap.first, first)
        assert.equal(heap.size, model.size)
        if (what === 'set') {
          heap.set(one, at)
          model.set(one, at)
        } else if (what === 'delete') {
          assert.equal(heap.delete(one), model.delete(one))
        } else {
          const taken = heap.takeUntil(at)
          if (first === undefined || first > at) assert.equal(taken, undefined)
          else {
            assert.ok(taken !== undefined && model.get(taken) === first)
            model.delete(taken)
          }
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('however many there are, they come out in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 500 }), { minLength: 50, maxLength: 300 }), (times) => {
      const heap = new FireHeap<number>()
      for (const [key, at] of times.entries()) heap.set(key, at)
      const taken: number[] = []
      for (let key = heap.takeUntil(500); key !== undefined; key = heap.takeUntil(500))
        taken.push(times[key] ?? Number.NaN)
      assert.deepEqual(
        taken,
        times.toSorted((a, b) => a - b),
      )
    }),
    { numRuns: 50 },
  )
})
