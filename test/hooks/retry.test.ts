import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { hook, type PawlEvent } from 'pawl'
import { checkConfig } from '../../src/config/check-config.ts'
import { systemClock } from '../../src/clock.ts'
import { FiringClaims } from '../../src/hooks/firing-claims.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { runFiring } from '../../src/hooks/run-firing.ts'
import { silentLogger } from '../../src/logger.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('what is undefined of retry is its default, and what is wrong of it is named', () => {
  const retryOf = (retry: object | undefined) => hook({ retry: retry as never, run() {} }).retry
  const defaults = { attempts: 10, delay: 1, maxDelay: 300 }
  assert.deepEqual(retryOf(undefined), defaults)
  assert.deepEqual(retryOf({ attempts: undefined, delay: undefined, maxDelay: undefined }), defaults)
  assert.deepEqual(retryOf({ attempts: 2, delay: undefined, maxDelay: 0 }), {
    attempts: 2,
    delay: 1,
    maxDelay: 0,
  })
  const wrong = (retry: object) => () =>
    checkConfig({ hooks: { one: hook({ retry: retry as never, run() {} }) } })
  assert.throws(wrong({ delays: 1 }), /hooks\.one\.retry\.delays: unknown key – did you mean "delay"\?/)
  for (const delay of [-1, Number.NaN, 1e12])
    assert.throws(wrong({ delay }), /hooks\.one\.retry\.delay: expected seconds, from 0 to 8640000000, got/)
})

test('a firing without delay is tried again at once, also after thousands of attempts', async (t) => {
  const database = await openTestDatabase(t)
  const id = randomUUID()
  const origin = { type: 'outside' } as const
  const queued = { id, hook: 'poll', args: {}, origin }
  await new FiringStore(database).add(
    database.sql,
    { ...queued, at: undefined, confirmations: 0, key: undefined, reversible: false },
    new Date(0),
  )
  const events: PawlEvent[] = []
  await runFiring(
    {
      ...queued,
      attempts: 2_000,
      reverting: false,
      dueAt: new Date(0),
      claimed: true,
      begun: true,
      leftBehind: false,
      error: null,
    },
    hook({ retry: { attempts: 1e6, delay: 0 }, run() {} }),
    {
      claims: new FiringClaims(database, randomUUID()),
      clock: systemClock,
      logger: silentLogger,
      emit: (event) => void events.push(event),
      run: () => Promise.reject(new Error('not yet')),
    },
  )
  assert.deepEqual(
    events.map((event) => event.type === 'hook.retrying' && [event.attempt, event.delay]),
    [[2_001, 0]],
  )
  const [row] = await database.sql`select attempts from pawl.firing where id = ${id}`
  assert.deepEqual({ ...row }, { attempts: 2_001 })
})
