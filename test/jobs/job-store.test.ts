import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../src/database/database.ts'
import { createJobStore } from '../../src/jobs/job-store.ts'
import { openTestDatabase } from '../support/test-database.ts'

const NOW = new Date('2026-01-01T00:00:00.123Z')
const LATER = new Date('2026-01-02T00:00:00.456Z')
const job = (name: string, schedule = 'every 60 s') => ({ name, hook: 'hook', schedule })

test('a job begins when it is first seen, and is found again', async (t) => {
  const database = await openTestDatabase(t)
  const first = await createJobStore(database).load([job('a'), job('b\'"; --')], NOW)
  assert.deepEqual([...first.keys()].sort(), ['a', 'b\'"; --'])
  const a = first.get('a')
  assert.ok(a)
  assert.deepEqual([a.anchor, a.accounted, a.fired, a.paused], [NOW, NOW, 0, false])

  const store = createJobStore(database)
  const state = {
    ...a,
    accounted: LATER,
    lastFireTime: LATER,
    nextFireTime: undefined,
    fired: 1,
    coalesced: 2,
    missed: 3,
    skipped: 4,
    failed: 5,
    lastError: 'half a pair: \uD800, a NUL: \0.',
    paused: true,
  }
  await store.save(state)
  const again = await createJobStore(database).load([job('a')], LATER)
  assert.deepEqual(again.get('a'), { ...state, lastError: 'half a pair: \uFFFD, a NUL: .' })
})

test('another schedule begins anew, and keeps the counts', async (t) => {
  const database = await openTestDatabase(t)
  const store = createJobStore(database)
  const state = (await store.load([job('a')], NOW)).get('a')
  assert.ok(state)
  await store.save({ ...state, fired: 7 })
  const changed = (await store.load([job('a', 'every 90 s')], LATER)).get('a')
  assert.deepEqual([changed?.anchor, changed?.accounted, changed?.fired], [LATER, LATER, 7])
})

test('a job that is gone is retired, and begins anew when it comes back', async (t) => {
  const database = await openTestDatabase(t)
  const store = createJobStore(database)
  await store.load([job('a'), job('b')], NOW)
  assert.deepEqual([...(await store.load([job('a')], NOW)).keys()], ['a'])
  const [row] =
    await database.sql`select retired_at from ${database.sql(database.ownSchema)}.job where name = 'b'`
  assert.deepEqual(row?.['retired_at'], NOW)
  const back = await store.load([job('a'), job('b')], LATER)
  assert.deepEqual([back.get('a')?.anchor, back.get('b')?.anchor], [NOW, LATER])
  assert.equal((await store.load([], LATER)).size, 0)
})

test('saves that come together are one statement, and each is committed when it resolves', async (t) => {
  const database = await openTestDatabase(t)
  let statements = 0
  const counting = new Proxy(database.sql, {
    apply: (sql, self, args: unknown[]) => {
      // Fragments are calls of `sql`, too.
      if (String((args[0] as readonly string[])[0]).includes('update')) statements++
      return Reflect.apply(sql as never, self, args) as unknown
    },
  })
  const store = createJobStore({
    ownSchema: database.ownSchema,
    sql: counting,
    transaction: (work) => database.transaction(work),
  } as Database)
  const names = Array.from({ length: 200 }, (_, at) => `job ${at}`)
  const states = await store.load(
    names.map((name) => job(name)),
    NOW,
  )
  const saves = [...states.values()].map(async (state) => {
    state.fired++
    await store.save(state)
    state.fired++
    await store.save(state)
  })
  await Promise.all(saves)
  assert.ok(statements <= 4, `${statements} statements`)
  const [row] = await database.sql<{ fired: bigint }[]>`
    select sum(fired)::bigint as fired from ${database.sql(database.ownSchema)}.job`
  assert.equal(row?.fired, 400n)
})

test('what could not be written is written with the next save', async (t) => {
  const database = await openTestDatabase(t)
  const own = database.sql(database.ownSchema)
  const store = createJobStore(database)
  const states = await store.load([job('a'), job('b')], NOW)
  const [a, b] = [states.get('a'), states.get('b')]
  assert.ok(a && b)
  await database.sql`alter table ${own}.job rename to elsewhere`
  a.fired = 5
  await assert.rejects(store.save(a), /does not exist/)
  await store.settled()
  await database.sql`alter table ${own}.elsewhere rename to job`
  await store.save(b)
  const [row] = await database.sql`select fired from ${own}.job where name = 'a'`
  assert.equal(row?.['fired'], 5n)
})
