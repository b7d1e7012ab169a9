import assert from 'node:assert/strict'
import { test } from 'node:test'
import postgres from 'postgres'
import { RollbackError, UnjournallableTableError } from '../../src/errors.ts'
import { openJournal } from './journal-fixture.ts'

const ACCOUNTS = 'create table account (address text primary key, balance numeric not null default 0);'

const refuses = (message: RegExp) => (error: unknown) => {
  assert(error instanceof UnjournallableTableError, String(error))
  assert.match(error.message, message)
  return true
}

test('a table without a primary key is refused, with the ways out', async (t) => {
  const db = await openJournal(
    t,
    'create table a (x int); create table b (x int); create table c (id int primary key);',
  )
  await assert.rejects(
    db.track(),
    refuses(/^table a has no primary key.*Add one.*immuneTables\ntable b has no primary key/),
  )
  await db.track(['a', 'b'])
  await db.level('insert into a values (1); insert into c values (1)')
  await db.revert(0)
  const [row] = await db.sql`select (select count(*)::int from a) as a, (select count(*)::int from c) as c`
  assert.deepEqual({ ...row }, { a: 1, c: 0 })
})

test('a generated column in the primary key is refused', async (t) => {
  const db = await openJournal(
    t,
    'create table a (x int, y int generated always as (x + 1) stored primary key)',
  )
  await assert.rejects(db.track(), refuses(/table a has a generated column in its primary key/))
})

test('a foreign key into the journal from outside is refused', async (t) => {
  const db = await openJournal(
    t,
    `${ACCOUNTS} create table price (id int primary key, a text references account);
     create schema other; create table other.thing (a text references account);`,
  )
  await assert.rejects(
    db.track(['price']),
    refuses(/table other.thing .*thing_a_fkey points into account[^]*table price .*price_a_fkey/),
  )
  await db.sql`drop table other.thing`
  await db.track()
})

test('what cannot be undone here is refused', async (t) => {
  const db = await openJournal(
    t,
    `create foreign data wrapper w; create server s foreign data wrapper w; create foreign table far (id int) server s;
     create table event (day int primary key) partition by range (day);
     create table event_1 partition of event for values from (0) to (9);
     create schema other; create table other.whole (day int primary key) partition by range (day);
     create table part partition of other.whole for values from (0) to (9);`,
  )
  await assert.rejects(
    db.track(['event_1']),
    refuses(
      /table far is a foreign table[^]*table event_1 is immune, but[^]*table part is a partition of a table in another/,
    ),
  )
})

test('a table that this database user cannot put triggers on, or see all of, is refused', async (t) => {
  const db = await openJournal(t, '', 'plain')
  const admin = postgres(Object.assign(new URL(db.url), { username: 'postgres' }).href, { max: 1 })
  t.after(() => admin.end())
  await db.sql.unsafe(`create table hidden (id int primary key); alter table hidden enable row level security;
    create table forced (id int primary key); alter table forced enable row level security, force row level security;`)
  await admin.unsafe('create table theirs (id int primary key); grant all on theirs to public')
  await assert.rejects(
    db.track(),
    refuses(/^table forced has row-level security that applies.*\ntable theirs belongs to postgres, so/),
  )
  await db.track(['theirs', 'forced'])
})

test('row-level security that comes later stops a revert that would miss rows', async (t) => {
  const db = await openJournal(t, ACCOUNTS, 'plain')
  await db.level(`insert into account values ('a'), ('b')`)
  await db.level(`update account set balance = 1`)
  await db.sql.unsafe(`alter table account enable row level security, force row level security;
    create policy one on account using (address = 'a')`)
  await assert.rejects(db.revert(1), (error: unknown) => {
    assert(error instanceof RollbackError)
    assert.match(error.message, /affected by row-level security policy for table "account"/)
    return true
  })
  await db.sql`alter table account no force row level security`
  await db.revert(1)
  assert.equal((await db.sql`select from account where balance = 0`).length, 2)
})
