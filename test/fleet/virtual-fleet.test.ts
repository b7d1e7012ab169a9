import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runVirtualFleet } from './virtual/virtual-fleet.ts'

// `npm run soak:fleet-virtual` is the same with 1,000 workers and 100 indexes.
test('a fleet in virtual time does each firing once, through kills and cuts', { timeout: 120_000 }, () => {
  for (const seed of [1, 2, 3]) {
    const { firings, recoveries, takeovers, unfinished, twice, unfenced } = runVirtualFleet({
      workers: 40,
      machines: 4,
      indexes: 12,
      hooks: 5,
      rate: 200,
      seconds: 40,
      kills: 12,
      cuts: 6,
      seed,
    })
    assert.deepEqual(
      { firings, unfinished, twice, unfenced },
      { firings: 8_000, unfinished: 0, twice: 0, unfenced: 0 },
    )
    assert.ok(
      recoveries.length > 0 && Math.max(...recoveries) < 10_000,
      `recovered after ${Math.max(...recoveries)} ms`,
    )
    assert.ok(
      takeovers.every((took) => took < 10_000),
      `taken over after ${Math.max(...takeovers)} ms`,
    )
  }
})
