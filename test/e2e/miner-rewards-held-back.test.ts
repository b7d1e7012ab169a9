import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestDatabase } from '../support/test-database.ts'
import { assertRewards, HEAD, indexTo, noChainData } from './miner-rewards/index-to.ts'

test(
  'miner rewards over real blocks are exact, with blocks held back, so that reorgs are 2 to 20 deep',
  { skip: noChainData },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const { depths } = await indexTo(HEAD, url, { holdBack: '2-20' })
    assert.equal(Math.max(...depths), 20)
    await assertRewards(t, url)
  },
)
