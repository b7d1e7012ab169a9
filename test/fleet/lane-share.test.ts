import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shareOf } from '../../src/hooks/lane-share.ts'

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 })

test('the shares of all processes are all slots, and differ by one at most', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 100 }), names, (hook, slots, processes) => {
      const shares = processes.map((process) => shareOf(hook, slots, processes, process))
      assert.equal(
        shares.reduce((sum, share) => sum + share, 0),
        slots,
      )
      assert.ok(Math.max(...shares) - Math.min(...shares) <= 1)
    }),
  )
})

test('one that goes gives its slots to others, and takes none from them', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 100 }), names, (hook, slots, processes) => {
      const left = processes.slice(1)
      for (const process of left)
        assert.ok(shareOf(hook, slots, left, process) >= shareOf(hook, slots, processes, process))
    }),
  )
})

test('hooks of which one runs at a time lie scattered over the processes', () => {
  const processes = ['a', 'b', 'c', 'd']
  const count = (process: string): number =>
    Array.from({ length: 400 }, (_, at) => shareOf(`hook_${at}`, 1, processes, process)).filter(
      (one) => one === 1,
    ).length
  for (const process of processes)
    assert.ok(Math.abs(count(process) - 100) < 40, `${process}: ${count(process)}`)
})
