import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Timekeeper } from '../../src/jobs/timekeeper.ts'
import { TestClock } from '../../src/testing/test-clock.ts'

const START = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000
const DAY = 24 * HOUR

function keep() {
  const clock = new TestClock({ start: START, settle: () => Promise.resolve() })
  const seen: string[] = []
  const keeper = new Timekeeper<string>(clock, {
    due: (key, now) => void seen.push(`${key} at ${now - START}`),
    setBack: (now) => void seen.push(`set back to ${now - START}`),
  })
  return { clock, keeper, seen }
}

test('keys are due in order, each once', async () => {
  const { clock, keeper, seen } = keep()
  keeper.set('b', START + 200)
  keeper.set('a', START + 100)
  keeper.set('moved', START + 150)
  keeper.set('gone', START + 150)
  keeper.start()
  keeper.start()
  keeper.set('moved', START + 50)
  keeper.delete('gone')
  await clock.advance(HOUR)
  assert.deepEqual(seen, ['moved at 50', 'a at 100', 'b at 200'])
  assert.equal(clock.pending, 1)
})

test('nothing is due before it starts or after it stops', async () => {
  const { clock, keeper, seen } = keep()
  keeper.set('early', START + 10)
  await clock.advance(100)
  assert.deepEqual(seen, [])
  keeper.start()
  await clock.advance(1)
  keeper.set('late', START + 200)
  keeper.stop()
  await clock.advance(1_000)
  assert.deepEqual(seen, ['early at 101'])
  assert.equal(clock.pending, 0)
})

test('sleeps beyond 2^31 ms are right', async () => {
  const { clock, keeper, seen } = keep()
  keeper.set('far', START + 40 * DAY)
  keeper.start()
  await clock.advance(40 * DAY - 1)
  assert.deepEqual(seen, [])
  await clock.advance(1)
  assert.deepEqual(seen, [`far at ${40 * DAY}`])
})

test('a clock set forward is noticed within a minute', async () => {
  const { clock, keeper, seen } = keep()
  keeper.set('noon', START + 12 * HOUR)
  keeper.start()
  clock.set(START + 13 * HOUR)
  await clock.advance(60_000)
  assert.deepEqual(seen, [`noon at ${13 * HOUR + 60_000}`])
})

test('a clock set back a little is waited for', async () => {
  const { clock, keeper, seen } = keep()
  keeper.set('soon', START + HOUR)
  keeper.start()
  clock.set(START - HOUR)
  await clock.advance(2 * HOUR - 1)
  assert.deepEqual(seen, [])
  await clock.advance(1)
  assert.deepEqual(seen, [`soon at ${HOUR}`])
})

test('what waits for some time does not wait for longer when the clock is set back, by whatever it was noticed', async () => {
  const { clock, keeper, seen } = keep()
  keeper.start()
  keeper.wait('long', 600_000)
  keeper.set('at a time', START + 600_000)
  await clock.advance(90_000)
  clock.set(clock.now() - HOUR)
  await clock.advance(60_000)
  clock.set(clock.now() - HOUR)
  keeper.wait('short', 60_000)
  await clock.advance(60_000)
  const back = -2 * HOUR
  assert.deepEqual(seen, [`short at ${back + 210_000}`])
  await clock.advance(450_000)
  const [, long] = seen
  // What passed between being set back and being noticed is not known: at most a minute each time.
  assert.match(long ?? '', /^long at/)
  await clock.advance(2 * HOUR)
  assert.deepEqual(seen.slice(2), ['at a time at 600000'])
})

test('a clock set back by hours was wrong before, at once or bit by bit', async () => {
  const { clock, keeper, seen } = keep()
  keeper.start()
  clock.set(START - 4 * HOUR)
  await clock.advance(60_000)
  assert.deepEqual(seen, [`set back to ${-4 * HOUR + 60_000}`])
  for (let i = 0; i < 2; i++) {
    clock.set(clock.now() - 2 * HOUR)
    await clock.advance(60_000)
  }
  assert.equal(seen.length, 2)
})
