import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revertFirings } from '../../src/database/revert-firings.ts'
import { FiringClaims } from '../../src/hooks/firing-claims.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { openTestDatabase } from '../support/test-database.ts'

// Who runs firings has read some ahead. A webhook whose answer was lost is read to be sent again; before it is, a reorg takes its
// level off, and makes a compensation of it.
test('a firing that was read before a reorg does not run in the place of its compensation', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  const store = new FiringStore(database)
  const id = '00000000-0000-4000-8000-000000000001'
  const claims = new FiringClaims(database, id)
  const now = new Date()
  await sql`insert into pawl.index (name, level) values ('blocks', 9)`
  await sql`
    insert into pawl.process (id, name, pid, sessions, version, roles, hooks, indexes, expires_at)
    values (${id}, 'this', 1, '', '', '{}', '{announce}', '{}', 'infinity')`
  await sql`insert into pawl.lane (hook, process, slots) values ('announce', ${id}, 1)`
  const at = { index: 'blocks', level: 9 }
  const origin = { type: 'handler', ...at } as const
  const rest = { args: {}, origin, at, confirmations: 0, key: undefined, reversible: true }
  await store.add(sql, { id, hook: 'announce', ...rest }, now)
  const next = async () => (await claims.next('announce', { besides: [], limit: 1 }))[0] ?? assert.fail()

  const first = await next()
  assert.ok(await claims.begin(first))
  await claims.fail(first, { attempts: 1, error: 'no answer', dueAt: now })
  const before = await next()
  const [claimed] = await claims.claim('announce', { limit: 1, dueBy: now })
  assert.ok(claimed)
  await revertFirings(sql, 'pawl', { indexId: 1, toLevel: 8 })

  assert.equal(await claims.begin(claimed), false)
  await claims.release([id])
  assert.equal(await claims.begin(before), false)
  assert.equal(await claims.lock(sql, before), false)
  const compensation = await next()
  assert.deepEqual([before.reverting, compensation.reverting], [false, true])
  assert.ok(await claims.begin(compensation))
  await claims.finish(compensation)
  assert.deepEqual(await store.list(), [])
})
