import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { splitByBytes } from '../../src/indexing/split-by-bytes.ts'

const itself = (bytes: number) => bytes

test('parts are as full as may be, and what is too large is one by itself', () => {
  assert.deepEqual(splitByBytes([], 10, itself), [])
  assert.deepEqual(splitByBytes([4, 4, 2, 1, 25, 3, 10], 10, itself), [[4, 4, 2], [1], [25], [3], [10]])
})

test('nothing is lost or turned round, and no two parts would fit into one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30)), fc.integer({ min: 1, max: 60 }), (items, most) => {
      const parts = splitByBytes(items, most, itself)
      assert.deepEqual(parts.flat(), items)
      const sums = parts.map((part) => part.reduce((sum, bytes) => sum + bytes, 0))
      for (const [at, part] of parts.entries()) {
        assert.ok(part.length === 1 || (sums[at] ?? 0) <= most)
        const next = parts[at + 1]?.[0]
        assert.ok(next === undefined || (sums[at] ?? 0) + next > most)
      }
    }),
  )
})
