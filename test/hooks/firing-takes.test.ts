import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { claimTexts } from '../../src/hooks/claim-texts.ts'
import { FiringTakes } from '../../src/hooks/firing-takes.ts'
import { openExplained } from '../support/explained-session.ts'
import { createMigratedDatabase, openTestDatabase } from '../support/test-database.ts'
import { addProcess } from './add-process.ts'

const ONE = '00000000-0000-4000-8000-000000000001'
const OTHER = '00000000-0000-4000-8000-000000000002'
const NOW = new Date()

/** Two processes without slots, and firings of a hook, in this order. */
async function openQueue(
  t: TestContext,
  { most, begin = true }: { readonly most: number; readonly begin?: boolean },
) {
  const database = await openTestDatabase(t)
  const { sql } = database
  for (const id of [ONE, OTHER]) await addProcess(sql, id)
  for (const id of ['f', 'e', 'd', 'c', 'b', 'a'])
    await sql`
      insert into pawl.firing (id, hook, args, origin, key, confirmations, reversible, due_at)
      values (${id}, 'announce', '{}', '{}', ${`key of ${id}`}, 0, false, now())`
  const takesOf = (process: string): FiringTakes =>
    new FiringTakes(database, process, claimTexts('pawl').take, { name: 'announce', most, begin })
  const idOf = async (takes: FiringTakes) => (await takes.next(NOW))?.id
  return { sql, one: takesOf(ONE), other: takesOf(OTHER), idOf }
}

test('all that ask get the next ones, in their order, and no more than may run at a time', async (t) => {
  const { sql, one, other, idOf } = await openQueue(t, { most: 4 })
  assert.deepEqual(await Promise.all([idOf(one), idOf(one), idOf(one)]), ['f', 'e', 'd'])
  assert.deepEqual(await Promise.all([idOf(other), idOf(other)]), ['c', undefined])
  assert.equal(await idOf(one), undefined)
  const rows =
    await sql`select id, state, attempts::int, begun, worker from pawl.firing where worker is not null order by seq`
  assert.deepEqual(
    [...rows],
    ['f', 'e', 'd', 'c'].map((id) => ({
      id,
      state: 'running',
      attempts: 1,
      begun: true,
      worker: id === 'c' ? OTHER : ONE,
    })),
  )
  await one.end({ id: 'e' })
  assert.deepEqual(await Promise.all([idOf(other), idOf(other)]), ['b', undefined])
})

test('of an atomic hook the run is noted with its effect, not with the claim', async (t) => {
  const { sql, one } = await openQueue(t, { most: 4, begin: false })
  const firing = await one.next(NOW)
  assert.deepEqual([firing?.id, firing?.attempts, firing?.claimed, firing?.begun], ['f', 0, true, false])
  const [row] = await sql`select state, attempts::int, begun, worker from pawl.firing where id = 'f'`
  assert.deepEqual(row, { state: 'queued', attempts: 0, begun: false, worker: ONE })
})

test('the end of one firing and the claim of the next are one transaction', async (t) => {
  const { sql, one, idOf } = await openQueue(t, { most: 1 })
  assert.equal(await idOf(one), 'f')
  assert.equal(await idOf(one), undefined)
  const [next] = await Promise.all([idOf(one), one.end({ id: 'f' })])
  assert.equal(next, 'e')
  const rows = await sql`select state, xmin::text from pawl.firing where id in ('f', 'e') order by seq`
  assert.deepEqual(
    rows.map(({ state }) => state as string),
    ['done', 'running'],
  )
  assert.equal(rows[0]?.['xmin'], rows[1]?.['xmin'])
})

test('of a hook that runs one at a time none passes the first, of others any that is due', async (t) => {
  for (const [most, expected] of [
    [1, undefined],
    [2, 'e'],
  ] as const) {
    const { sql, one, idOf } = await openQueue(t, { most })
    await sql`update pawl.firing set due_at = now() + interval '1 hour' where id = 'f'`
    assert.equal(await idOf(one), expected)
    // By this process's clock it is time.
    assert.equal((await one.next(new Date(Date.now() + 7_200_000)))?.id, 'f')
  }
})

test('what has not its confirmations is passed over, and others come first', async (t) => {
  for (const [most, level, expected] of [
    [1, 12, 'e'],
    [2, 12, 'e'],
    [1, 13, 'f'],
    [2, 13, 'f'],
  ] as const) {
    const { sql, one, idOf } = await openQueue(t, { most })
    const [index] = await sql`insert into pawl.index (name, level) values ('all', ${level}) returning id`
    await sql`update pawl.firing set index_id = ${Number(index?.['id'])}, level = 10, confirmations = 3 where id = 'f'`
    assert.equal(await idOf(one), expected)
  }
})

test('what is locked is waited for where one runs at a time, and passed over else', async (t) => {
  for (const [most, expected] of [
    [1, 'f'],
    [2, 'e'],
  ] as const) {
    const { sql, one, idOf } = await openQueue(t, { most })
    let taken: Promise<string | undefined> | undefined
    await sql.begin(async (held) => {
      await held`select from pawl.firing where id = 'f' for update`
      taken = idOf(one)
      if (most === 2) return assert.equal(await taken, expected)
      // It waits for this transaction.
      for (;;) {
        const [waits] =
          await sql`select from pg_stat_activity where wait_event = 'transactionid' and datname = current_database()`
        if (waits !== undefined) return undefined
      }
    })
    assert.equal(await taken, expected)
  }
})

test('a process that was given up gets none, and nobody does where a process has slots', async (t) => {
  const { sql, one, other, idOf } = await openQueue(t, { most: 2 })
  await sql`delete from pawl.process where id = ${OTHER}`
  assert.equal(await idOf(other), undefined)
  await sql`insert into pawl.lane (hook, process, slots) values ('announce', ${ONE}, 1)`
  assert.equal(await idOf(one), undefined)
  await sql`delete from pawl.lane`
  assert.equal(await idOf(one), 'f')
})

test('where it fails nothing is noted or claimed, and who waits is told', async (t) => {
  const { sql, one, idOf } = await openQueue(t, { most: 2 })
  assert.equal(await idOf(one), 'f')
  await sql`alter table pawl.firing add constraint unlucky check (id <> 'e' or worker is null)`
  const [ended, next] = await Promise.allSettled([one.end({ id: 'f' }), idOf(one)])
  assert.deepEqual([ended.status, next.status], ['rejected', 'rejected'])
  const rows = await sql`select id from pawl.firing where state <> 'queued'`
  assert.deepEqual([...rows], [{ id: 'f' }])
  await sql`alter table pawl.firing drop constraint unlucky`
  assert.equal(await idOf(one), 'e')
})

test('a claim reads the firings that come next, and not all that wait', async (t) => {
  const { url } = await createMigratedDatabase(t)
  const { sql, scans } = await openExplained(t, url)
  await addProcess(sql, ONE)
  await sql`alter table pawl.firing set (autovacuum_enabled = false)`
  await sql`
    insert into pawl.firing (id, hook, args, origin, confirmations, reversible, due_at)
    select n, 'announce', '{}', '{}', 0, false, now() from generate_series(1, 2000) n`
  for (const most of [1, 2]) {
    const rows = await sql.unsafe(claimTexts('pawl').take, [
      '{1}',
      'announce',
      1,
      most,
      NOW.toISOString(),
      true,
      ONE,
      'lock',
    ])
    assert.equal(rows.length, 1)
    // In their order, so that the limit ends it; what any process has; and one by its id.
    assert.deepEqual(
      new Set(scans().filter((scan) => scan.includes('firing'))),
      new Set(['firing_pkey', 'firing_held', 'firing_waiting']),
    )
  }
})
