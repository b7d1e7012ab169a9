import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '../../src/testing/test-clock.ts'

const START = Date.UTC(2026, 0, 1)

test('timers run in order, each at its own time, with promises settled in between', async () => {
  const clock = new TestClock({ start: START })
  const seen: string[] = []
  const note = (name: string) => () => {
    seen.push(`${name} at ${clock.now() - START}`)
    void Promise.resolve().then(() => seen.push(`after ${name}`))
  }
  clock.setTimeout(note('b'), 20)
  clock.setTimeout(note('a'), 10)
  clock.clearTimeout(clock.setTimeout(note('cleared'), 15))
  clock.setTimeout(() => clock.setTimeout(note('nested'), 5), 20)
  clock.setTimeout(note('later'), 100)
  await clock.advance(50)
  assert.deepEqual(seen, ['a at 10', 'after a', 'b at 20', 'after b', 'nested at 25', 'after nested'])
  assert.equal(clock.now() - START, 50)
  assert.equal(clock.pending, 1)
})

test('the wall clock can be set, and timers do not notice', async () => {
  const clock = new TestClock({ start: new Date(START) })
  let ran = 0
  clock.setTimeout(() => ran++, 1_000)
  clock.set(START + 86_400_000)
  await clock.advance(999)
  assert.equal(ran, 0)
  clock.set(START - 86_400_000)
  await clock.advance(1)
  assert.equal(ran, 1)
  assert.equal(clock.now(), START - 86_400_000 + 1)
})

test('a leap runs what came due late, once', async () => {
  const clock = new TestClock({ start: START })
  const seen: number[] = []
  const every = (): void => {
    seen.push(clock.now() - START)
    clock.setTimeout(every, 10)
  }
  clock.setTimeout(every, 10)
  await clock.leap(1_000)
  assert.deepEqual(seen, [1_000])
})

test('delays that Node cuts to 1 ms are cut here, too', async () => {
  const clock = new TestClock()
  let ran = 0
  for (const delay of [2 ** 31, Number.NaN, -5, 0]) clock.setTimeout(() => ran++, delay)
  await clock.advance(1)
  assert.equal(ran, 4)
})

test('settle is awaited after each timer', async () => {
  const seen: string[] = []
  const clock = new TestClock({
    settle: async () => {
      await Promise.resolve()
      seen.push('settled')
    },
  })
  clock.setTimeout(() => seen.push('ran'), 1)
  await clock.advance(1)
  assert.deepEqual(seen, ['settled', 'ran', 'settled'])
})
