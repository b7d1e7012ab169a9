import assert from 'node:assert/strict'
import test from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { RangePrefetcher } from '../../src/indexing/range-prefetcher.ts'
import { RangeSize } from '../../src/indexing/range-size.ts'
import { ReadAhead } from '../../src/indexing/read-ahead.ts'

const LEVELS = 10
/** Of a range; six of them are what a process reads ahead. */
const BYTES = 4_000_000

/** Reads levels whose ranges take so much, as the ones before have told; `answer` lets the oldest that is under way come. */
function prefetch(ahead: ReadAhead, bytes = BYTES) {
  const size = new RangeSize(LEVELS)
  size.answered({ levels: LEVELS, bytes: BYTES, ms: 10_000 })
  const asked: number[] = []
  const answers: (() => void)[] = []
  const ranges = new RangePrefetcher({
    from: 0,
    to: 999,
    size,
    ahead,
    clock: systemClock,
    signal: new AbortController().signal,
    limit: (_, to) => to,
    read: (from) =>
      new Promise((resolve) => {
        asked.push(from)
        answers.push(() => resolve({ blocks: [], end: undefined }))
      }),
    bytesOf: () => bytes,
  })
  return { ranges, asked, answer: () => answers.shift()?.() }
}

test('the indexes of a process share what is read ahead, and each has one range at least', async () => {
  const ahead = new ReadAhead()
  const first = prefetch(ahead)
  const second = prefetch(ahead)
  const third = prefetch(ahead)
  assert.deepEqual([first.asked, second.asked, third.asked], [[0, 10, 20, 30], [0, 10], [0]])
  third.answer()
  await third.ranges.next()
  // What it works on is not ahead any more: it may read the next one, and no more than that.
  assert.deepEqual(third.asked, [0, 10])
  first.ranges.close()
  second.answer()
  await second.ranges.next()
  assert.deepEqual(second.asked, [0, 10, 20, 30, 40])
})

test('what ranges take is counted as it is, once they are there, and not at all when nobody needs them', async () => {
  const ahead = new ReadAhead()
  const first = prefetch(ahead, 1_000_000)
  for (let range = 0; range < 4; range += 1) first.answer()
  await first.ranges.next()
  // Three are there, of 1 MB each and not of the 4 that were expected, and the next one is on its way.
  assert.equal(ahead.fits(21_000_000), false)
  assert.equal(ahead.fits(15_000_000), true)
  first.ranges.close()
  first.answer()
  await new Promise((resolve) => void setImmediate(resolve))
  assert.equal(ahead.fits(24_000_000), true)
})
