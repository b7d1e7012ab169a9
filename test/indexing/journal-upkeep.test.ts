import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JournalUpkeep } from '../../src/indexing/journal-upkeep.ts'
import { silentLogger } from '../../src/logger.ts'

test('a large journal is tended again behind a reindex, however far the index was', async () => {
  let tended = 0
  const upkeep = new JournalUpkeep({
    logger: silentLogger,
    prune: async () => {},
    tend: async () => void (tended += 1),
  })
  upkeep.offer(1, 0, 100_000)
  await upkeep.settled()
  upkeep.reset(undefined)
  for (let level = 1; level <= 1_000; level += 1) {
    upkeep.offer(1, 0, level)
    await upkeep.settled()
  }
  assert.equal(tended, 4)
})
