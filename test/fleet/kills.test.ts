import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import postgres from 'postgres'
import { recordChain } from '../e2e/durable/record-chain.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { checkFleet } from './soak/check-fleet.ts'
import { runFleet } from './soak/run-fleet.ts'

// `npm run soak:fleet` is the same with 7 processes, 50,000 firings and 120 kills.
for (const executor of [undefined, 'graphile-worker'] as const) {
  test(
    `a fleet does each firing through 6 kills, and what a dead process had goes on: ${executor ?? 'Pawl'}`,
    { timeout: 120_000 },
    async (t) => {
      const { url } = await createTestDatabase(t)
      const sql = postgres(url, { max: 2, onnotice: () => {} })
      t.after(() => sql.end())
      const folder = await mkdtemp(join(tmpdir(), 'pawl-fleet-'))
      t.after(() => rm(folder, { recursive: true }))
      const file = join(folder, 'chain.ndjson')
      const chain = recordChain(file, { levels: 60, seed: 11 })
      const members = ['indexer', 'scheduler,worker', 'worker']
      const run = { url, file, perLevel: 8, pace: 20, members, kills: 6, every: 700, seed: 11 }
      const { recoveries } = await runFleet(sql, executor === undefined ? run : { ...run, executor })
      await checkFleet(sql, chain, 8)
      t.diagnostic(`recovered after ${recoveries.map(Math.round).join(', ')} ms`)
      assert.ok(
        recoveries.every((time) => time < 10_000),
        `recovered after ${recoveries.join(', ')} ms`,
      )
    },
  )
}
