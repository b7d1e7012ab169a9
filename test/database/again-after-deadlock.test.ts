import assert from 'node:assert/strict'
import test from 'node:test'
import { againAfterDeadlock } from '../../src/database/again-after-deadlock.ts'

const failing = (code: string) => Object.assign(new Error('ended'), { code })

test('a deadlock is tried again, as often as is said, and nothing else is', async () => {
  let calls = 0
  const work = (failures: readonly Error[]) => async (): Promise<string> => {
    calls += 1
    const failure = failures[calls - 1]
    if (failure !== undefined) throw failure
    return 'done'
  }
  assert.equal(await againAfterDeadlock(work([])), 'done')
  for (const [failures, expected] of [
    [[failing('40P01')], 2],
    [[failing('40P01'), failing('40P01')], 2],
    [[failing('57014')], 1],
  ] as const) {
    calls = 0
    const done = againAfterDeadlock(work(failures))
    if (failures.length < expected) assert.equal(await done, 'done')
    else await assert.rejects(done, /ended/)
    assert.equal(calls, expected)
  }
  calls = 0
  const four = Array.from({ length: 4 }, () => failing('40P01'))
  assert.equal(await againAfterDeadlock(work(four), 5), 'done')
  assert.equal(calls, 5)
})
