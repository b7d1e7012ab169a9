import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRetryAfter } from '../../src/datasources/retry-after.ts'

test('how long a server wants to be left alone: seconds or a date, an hour at most', () => {
  const now = Date.UTC(2026, 0, 1)
  const hour = 3_600_000
  for (const [text, ms] of [
    [null, undefined],
    ['', undefined],
    ['soon', undefined],
    ['0', undefined],
    ['-1', undefined],
    [' 7 ', 7_000],
    ['1.5', 1_500],
    ['86400', hour],
    [String(now / 1_000 + 60), hour],
    [new Date(now + 60_000).toUTCString(), 60_000],
    [new Date(now - 60_000).toUTCString(), undefined],
    [new Date(now + 100 * hour).toUTCString(), hour],
  ] as const)
    assert.equal(readRetryAfter(text, now), ms, String(text))
})
