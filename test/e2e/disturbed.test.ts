import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from '../database/soak/random.ts'
import { runFaults } from './disturbed/run-faults.ts'
import { runKills } from './disturbed/run-kills.ts'
import { setStage } from './disturbed/stage.ts'

// A process starts for each, on a machine that may be busy.
const timeout = 240_000

// `npm run soak:kills` and `npm run soak:faults` are the same with 500 kills and 200 faults.
test(
  'killed, or cut off from its database, it ends with the rows of a run that nobody disturbs',
  { timeout },
  async (t) => {
    const stage = await setStage(t, { levels: 40, seed: 3 })
    await t.test('4 kills', async () => {
      const counts = await runKills(t, stage, randomFrom(3), 4)
      assert.equal(counts.migrating, 2)
    })
    await t.test('4 faults of the network', async () => {
      await runFaults(t, stage, randomFrom(3), 4, 1_500)
    })
  },
)
