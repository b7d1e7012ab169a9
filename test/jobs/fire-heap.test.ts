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
