import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('of each state the first so many are listed: a long queue hides no dead firing', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  const store = new FiringStore(database)
  const rest = { args: {}, at: undefined, confirmations: 0, key: undefined, reversible: false }
  const origin = { type: 'outside' } as const
  for (const id of ['1', '2', '3', '4', '5'])
    await store.add(sql, { id, hook: 'announce', origin, ...rest }, new Date(0))
  await sql`update pawl.firing set state = 'dead' where id in ('4', '5')`
  const listed = async (limit?: number) => (await store.list(limit)).map(({ id, state }) => `${id} ${state}`)
  assert.deepEqual(await listed(1), ['1 queued', '4 dead'])
  assert.deepEqual(await listed(2), ['1 queued', '2 queued', '4 dead', '5 dead'])
  assert.deepEqual(await listed(), ['1 queued', '2 queued', '3 queued', '4 dead', '5 dead'])
})
