import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import postgres from 'postgres'
import { createTestDatabase } from '../support/test-database.ts'
import { checkEffects } from './durable/check-effects.ts'
import { recordChain } from './durable/record-chain.ts'
import { runWithKills } from './durable/run-with-kills.ts'

// `npm run soak:hooks` is the same with 10,000 firings and 200 kills.
test(
  'durable firings take effect as promised, through reorgs and 8 kills',
  { timeout: 300_000 },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const sql = postgres(url, { max: 1 })
    t.after(() => sql.end())
    const folder = await mkdtemp(join(tmpdir(), 'pawl-durable-'))
    t.after(() => rm(folder, { recursive: true }))
    const file = join(folder, 'chain.ndjson')
    const chain = recordChain(file, { levels: 120, seed: 5 })
    await runWithKills(sql, { url, file, kills: 8, seed: 5, every: 80 })
    await checkEffects(sql, chain)
  },
)
