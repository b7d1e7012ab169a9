import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestDatabase } from '../support/test-database.ts'
import { assertRewards, HEAD, indexTo, noChainData } from './miner-rewards/index-to.ts'

test(
  'miner rewards over real blocks are exact, through their real reorgs and 20 kills',
  { skip: noChainData },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const kills = Array.from({ length: 20 }, (_, kill) => Math.round(((kill + 0.7) * HEAD) / 20.5))
    const depths: number[] = []
    for (const level of kills) depths.push(...(await indexTo(level, url, { kill: true })).depths)
    depths.push(...(await indexTo(HEAD, url)).depths)
    assert.equal(depths.length >= 1_291, true, `${depths.length} reorgs`)
    await assertRewards(t, url)
  },
)
