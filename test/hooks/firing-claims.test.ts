import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { revertFirings } from '../../src/database/revert-firings.ts'
import { FiringClaims } from '../../src/hooks/firing-claims.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { openTestDatabase } from '../support/test-database.ts'

const [ONE, OTHER] = [1, 2].map((n) => `00000000-0000-4000-8000-00000000000${n}`) as [string, string]

/** Two processes that run the hook, and what waits for it. */
async function openQueue(t: TestContext) {
  const database = await openTestDatabase(t)
  const { sql } = database
  const store = new FiringStore(database)
  for (const id of [ONE, OTHER])
    await sql`
      insert into pawl.process (id, name, pid, sessions, version, roles, hooks, indexes, expires_at)
      values (${id}, 'this', 1, '', '', '{}', '{announce}', '{}', 'infinity')`
  const giveLane = (process: string) =>
    sql`insert into pawl.lane (hook, process, slots) values ('announce', ${process}, 1)`
  const origin = { type: 'outside' } as const
  const rest = { args: {}, origin, at: undefined, confirmations: 0, key: undefined, reversible: false }
  const add = (number: number, dueAt: Date) =>
    store.add(sql, { id: `10000000-0000-4000-8000-00000000000${number}`, hook: 'announce', ...rest }, dueAt)
  const claimsOf = (process: string) => {
    const claims = new FiringClaims(database, process)
    const take = async (limit: number, dueBy: Date) =>
      (await claims.claim('announce', { limit, dueBy })).map(({ id }) => Number(id.slice(-1)))
    const look = async () =>
      (await claims.next('announce', { besides: [], limit: 9 })).map(({ id }) => Number(id.slice(-1)))
    return { take, look }
  }
  return { add, giveLane, one: claimsOf(ONE), other: claimsOf(OTHER) }
}

test('a firing is claimed once, in its order, by a process with a slot, and not before it is due', async (t) => {
  const { add, giveLane, one, other } = await openQueue(t)
  const now = new Date()
  const later = new Date(now.getTime() + 60_000)
  for (const [number, dueAt] of [later, now, now, now].entries()) await add(number, dueAt)
  assert.deepEqual(await one.take(9, now), [])
  await giveLane(ONE)
  await giveLane(OTHER)
  assert.deepEqual(await one.take(2, now), [1, 2])
  assert.deepEqual(await other.look(), [0, 3])
  assert.deepEqual(await other.take(9, now), [3])
  assert.deepEqual(await one.take(9, now), [])
  assert.deepEqual(await one.take(9, later), [0])
})

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
  await database.transaction((transaction) =>
    revertFirings(transaction.sql, 'pawl', { indexId: 1, toLevel: 8 }),
  )

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
