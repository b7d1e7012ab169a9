import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readClock } from '../../src/database/read-clock.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('a clock that is an hour late is put right by the database', async (t) => {
  const database = await openTestDatabase(t)
  const { now } = Date
  const right = now()
  t.mock.method(Date, 'now', () => now() - 3_600_000)
  const clock = await readClock(database)
  // As late as this machine may have been busy.
  assert.ok(clock.now() >= right - 60_000)
})
