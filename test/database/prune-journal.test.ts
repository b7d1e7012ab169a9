import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RollbackError } from '../../src/errors.ts'
import { pruneJournal } from '../../src/database/prune-journal.ts'
import { tendJournal } from '../../src/database/tend-journal.ts'
import { openJournal } from './journal-fixture.ts'

const ACCOUNTS = 'create table account (address text primary key, balance numeric not null default 0);'

const reason = (pattern: RegExp) => (error: unknown) => {
  assert(error instanceof RollbackError, String(error))
  assert.match(error.message, pattern)
  return true
}

test('what is pruned is out of reach, and what is above is not', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  for (let n = 1; n <= 6; n++) await db.level(`insert into account values ('${n}')`)
  await pruneJournal(db.sql, { ownSchema: 'pawl', indexId: 1, finalized: 4 })

  const rows = await db.sql`select version::int from pawl.journal_1 order by 1`
  assert.deepEqual(
    rows.map((row) => row['version']),
    [5, 6],
  )
  assert.deepEqual(
    (await db.sql`select level::int from pawl.block order by 1`).map((row) => row['level']),
    [4, 5, 6],
  )
  await assert.rejects(db.revert(3), reason(/level 4 is final/))
  await db.revert(4)
  assert.equal((await db.sql`select from account`).length, 4)
  assert.deepEqual(await db.cursor(), { level: '4', hash: 'hash 4' })
})

for (const other of [false, true]) {
  test(`much that is final at once is pruned, ${other ? 'beside another index' : 'and what is newer stays'}`, async (t) => {
    const db = await openJournal(t, ACCOUNTS)
    await db.track()
    if (other) await db.level(`insert into account values ('other')`, { index: 2 })
    await db.sql.unsafe(`do $do$ begin for l in 1..1100 loop
      perform pawl.begin_level(1, nullif(l - 1, 0), l, 'h', 'p', 0, null, true);
      insert into account values (l), (l || repeat('.', 200)); end loop; end $do$`)
    await db.level(`update account set balance = 1 where address = '1'`)
    await db.level(`delete from account where address <> 'other'`)
    const file = async (): Promise<unknown> =>
      (await db.sql`select pg_relation_filenode('pawl.journal_1') as file`)[0]?.['file']
    const before = await file()
    await pruneJournal(db.sql, { ownSchema: 'pawl', indexId: 1, finalized: 1100 })
    assert.notEqual(await file(), before, 'what stays was copied, and nothing deleted row by row')
    assert.equal((await db.sql`select from pawl.version where index_id = 1`).length, 2)
    await db.revert(1100)
    assert.equal((await db.sql`select from account where balance = 0`).length, other ? 2201 : 2200)
    if (other) await db.revert(0, { index: 2 })
    assert.equal((await db.sql`select from account`).length, 2200)
    assert.equal((await db.sql`select from pawl.journal_1`).length, 0)
  })
}

test('while another index writes, what goes is deleted, and nobody waits', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`)
  await db.sql.unsafe(`do $do$ begin for l in 2..500 loop
    perform pawl.begin_level(1, l - 1, l, 'h', 'p', 0, null, true);
    insert into account values (l), (l || repeat('.', 300)); end loop; end $do$`)
  await db.level(
    async (sql) => {
      await sql`insert into account values ('of another')`
      await pruneJournal(db.sql, { ownSchema: 'pawl', indexId: 1, finalized: 490 })
    },
    { index: 2 },
  )
  assert.equal((await db.sql`select from pawl.version where index_id = 1`).length, 10)
  await db.revert(0, { index: 2 })
  await db.revert(495)
  assert.equal((await db.sql`select from account`).length, 1 + 494 * 2)
})

test('pruning one index leaves the journal of another', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`)
  await db.level(`insert into account values ('b')`, { index: 2 })
  await pruneJournal(db.sql, { ownSchema: 'pawl', indexId: 1, finalized: 9 })
  await db.revert(0, { index: 2 })
  assert.deepEqual(
    (await db.sql`select address from account`).map((row) => row['address']),
    ['a'],
  )
})

test('what grows large without becoming final gets an index, beside the levels, until it is pruned', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  const indexed = async (): Promise<boolean> =>
    (await db.sql`select from pg_class where relname = 'journal_1_version'`).length === 1
  const plan = async (): Promise<string> =>
    JSON.stringify(await db.sql`explain select from pawl.journal_1 where version = 3`)
  await db.level(`insert into account values ('a')`)
  await tendJournal(db.sql, 'pawl')
  assert.equal(await indexed(), false, 'little is read whole sooner')
  await db.level(`insert into account select repeat('.', 100) || n from generate_series(1, 40000) n`)
  await db.level(
    async (sql) => {
      await sql`insert into account values ('b')`
      await tendJournal(db.sql, 'pawl')
      assert.equal(await indexed(), false, 'nobody waits for a level')
    },
    { index: 2 },
  )
  await tendJournal(db.sql, 'pawl')
  assert.equal(await indexed(), true)
  for (let n = 0; n < 200; n++) await db.level(`update account set balance = balance + 1 where address = 'a'`)
  await tendJournal(db.sql, 'pawl')
  await db.sql`analyze pawl.journal_1`
  assert.match(await plan(), /journal_1_version/)
  await db.revert(150)
  assert.deepEqual([...(await db.sql`select balance from account where address = 'a'`)], [{ balance: '148' }])
  await pruneJournal(db.sql, { ownSchema: 'pawl', indexId: 1, finalized: 140 })
  assert.equal(await indexed(), false)
  await db.revert(140)
  assert.deepEqual([...(await db.sql`select balance from account where address = 'a'`)], [{ balance: '138' }])
  await db.revert(0, { index: 2 })
  assert.equal((await db.sql`select from account`).length, 40001)
})
