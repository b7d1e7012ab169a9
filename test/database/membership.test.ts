import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Membership } from '../../src/database/membership.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('the heartbeat waits for no other statement: a process whose connections are all busy is not given up', async (t) => {
  const database = await openTestDatabase(t)
  const membership = new Membership(database)
  const party = { beat: () => {} }
  await membership.enter(party)
  const busy: Promise<unknown>[] = []
  await database.transaction(async ({ sql }) => {
    await sql`select pg_advisory_xact_lock(1)`
    for (let n = 0; n < 20; n += 1) busy.push(database.sql`select pg_advisory_xact_lock(1)`.execute())
    // Each beat also looks for those that have gone.
    for (let beats = 0; beats < 2; beats += 1) {
      const beat = new Promise<void>((resolve) => membership.listen(() => resolve()))
      await database.transaction(
        ({ sql: other }) => other`select pg_notify(${membership.channel}, 'another')`,
      )
      await beat
    }
  })
  await Promise.all(busy)
  await membership.leave(party)
  const left = await database.sql`select from pawl.process`
  assert.equal(left.length, 0)
})
