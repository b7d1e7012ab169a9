import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WipeError } from '../../src/errors.ts'
import { wipeSchema } from '../../src/database/wipe-schema.ts'
import { openJournal, type JournalFixture } from './journal-fixture.ts'

const wipe = (db: JournalFixture, immuneTables: readonly string[] = []) =>
  db.transaction((tx) => wipeSchema(tx, { schema: 'public', ownSchema: 'pawl', immuneTables }))

/** Relations, routines and types of a schema, but indexes and row types. */
const contents = async ({ sql }: JournalFixture, schema = 'public'): Promise<string[]> => {
  const rows = await sql<{ name: string }[]>`
    select c.relname::text as name from pg_class c where c.relnamespace = ${schema}::regnamespace and c.relkind not in ('i', 'I')
    union all select p.proname || '()' from pg_proc p where p.pronamespace = ${schema}::regnamespace
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype in ('i', 'e'))
    union all select 'type ' || t.typname from pg_type t where t.typnamespace = ${schema}::regnamespace
      and t.typtype in ('e', 'd', 'r') order by 1`
  return rows.map(({ name }) => name)
}

const EVERYTHING = `
  create type mood as enum ('glad', 'sad');
  create domain address as text check (value <> '');
  create type pair as (a int, m mood);
  create type span as range (subtype = float8);
  create function touch() returns trigger language plpgsql as 'begin return new; end';
  create aggregate total (int) (sfunc = int4pl, stype = int);
  create procedure nothing () language sql as 'select 1';
  create table account (id serial primary key, m mood, a address, p pair, s span, self pair[]);
  create trigger touches before insert on account for each row execute function touch();
  create table event (day int, primary key (day)) partition by range (day);
  create table event_1 partition of event for values from (0) to (9);
  create view rich as select * from account;
  create materialized view richer as select * from rich;
  create view richest as select * from richer;
  create sequence free;
  create function rich_ones() returns setof rich language sql as 'select * from rich';
  create table "odd ""name"".x" (id int primary key);
  create function "odd()"("a" account, b mood default 'sad') returns int language sql as 'select 1';
`

test('drops everything in the schema and forgets where the indexes stood', async (t) => {
  const db = await openJournal(t, EVERYTHING)
  await db.level('insert into account (m) values (null)')
  await wipe(db)
  assert.deepEqual(await contents(db), [])
  assert.deepEqual(await db.cursor(), { level: null, hash: null })
  const [left] = await db.sql`
    select (select count(*)::int from pawl.block) as blocks, (select count(*)::int from pawl.version) as versions,
      (select count(*)::int from pawl.tracked) as tracked, to_regclass('pawl.journal_1') as shadow`
  assert.deepEqual({ ...left }, { blocks: 0, versions: 0, tracked: 0, shadow: null })
})

const RARE = `
  create collation tongue (provider = icu, locale = 'und');
  create function smaller(int, int) returns boolean language sql immutable as 'select $1 < $2';
  create function compare(int, int) returns int language sql immutable as 'select btint4cmp($1, $2)';
  create operator <<< (leftarg = int, rightarg = int, function = smaller);
  create operator @@@ (rightarg = int, function = int4abs);
  create operator family orders using btree;
  create operator class order_ops for type int using btree family orders as operator 1 <<<, function 1 compare(int, int);
  create text search dictionary plain (template = simple);
  create text search configuration words (copy = simple);
  alter text search configuration words alter mapping for word with plain;
  create conversion there for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
  create table account (id int primary key, a int, name text collate tongue);
  create index account_a on account (a order_ops);
`

const described = async ({ sql }: JournalFixture): Promise<string[]> => {
  const rows = await sql<{ name: string }[]>`
    select pg_describe_object(classid, objid, 0) as name from pg_depend
    where refclassid = 'pg_namespace'::regclass and refobjid = 'public'::regnamespace order by 1`
  return rows.map(({ name }) => name)
}

test('drops collations, operators, configurations of text search and conversions, too', async (t) => {
  const db = await openJournal(t, RARE)
  await db.track()
  await wipe(db)
  assert.deepEqual(await described(db), [])
})

test('those that an immune table needs stay', async (t) => {
  const db = await openJournal(t, RARE)
  await wipe(db, ['account'])
  assert.deepEqual(await described(db), [
    'collation tongue',
    'function compare(integer,integer)',
    'function smaller(integer,integer)',
    'operator <<<(integer,integer)',
    'operator class order_ops for access method btree',
    'operator family orders for access method btree',
    'table account',
  ])
  assert.equal((await db.sql`select to_regclass('account_a')::text as index`)[0]?.['index'], 'account_a')
})

test('a collation that another schema uses stops it', async (t) => {
  const db = await openJournal(
    t,
    `${RARE} create schema other; create table other.one (name text collate tongue);`,
  )
  await assert.rejects(wipe(db), (error: unknown) => {
    assert.ok(error instanceof WipeError, String(error))
    assert.match(error.message, /cannot drop collation tongue.*column name of table other.one/)
    return true
  })
})

test('indexing starts again after it', async (t) => {
  const db = await openJournal(t, EVERYTHING)
  await db.level('insert into account (m) values (null)')
  await wipe(db)
  await db.sql.unsafe('create table account (id int primary key)')
  await db.level('insert into account values (1)')
  await db.revert(0)
  assert.equal((await db.sql`select from account`).length, 0)
})

test('immune tables stay with their rows and all that they are made of', async (t) => {
  const db = await openJournal(
    t,
    `${EVERYTHING}
     create function price() returns int language sql as 'select 7';
     create table price (id serial primary key, at int generated by default as identity, m mood, a address, p pair[], s span,
       n int default price(), x int default nextval('free'));
     create trigger touches before insert on price for each row execute function touch();
     create index on price (n);
     create view prices as select * from price;
     insert into price (m, p) values ('sad', '{"(1,glad)"}');`,
  )
  await wipe(db, ['price', 'no such table'])
  assert.deepEqual(
    await contents(db),
    [
      'free',
      'pair',
      'price',
      'price()',
      'price_at_seq',
      'price_id_seq',
      'touch()',
      'type address',
      'type mood',
      'type span',
    ].toSorted(),
    JSON.stringify(await contents(db)),
  )
  await db.sql`insert into price (m) values ('glad')`
  assert.deepEqual(
    (await db.sql`select id, at, m, n from price order by id`).map((row) => Object.values(row)),
    [
      [1, 1, 'sad', 7],
      [2, 2, 'glad', 7],
    ],
  )
})

test('a table that became immune since it was journalled stays, and is written freely', async (t) => {
  const db = await openJournal(t, 'create table price (id int primary key)')
  await db.level('insert into price values (1)')
  await wipe(db, ['price'])
  await db.sql`insert into price values (2)`
  assert.equal((await db.sql`select from price`).length, 2)
})

test('extensions stay', async (t) => {
  const db = await openJournal(
    t,
    `create extension hstore; create table account (id int primary key, h hstore)`,
  )
  await wipe(db)
  assert.equal((await db.sql`select 'a=>1'::hstore -> 'a' as a`)[0]?.['a'], '1')
  assert.deepEqual(await contents(db).then((names) => names.filter((name) => name === 'account')), [])
})

test('another schema stays as it is', async (t) => {
  const db = await openJournal(
    t,
    `${EVERYTHING} create schema other; create table other.account (id int primary key);`,
  )
  await wipe(db)
  assert.deepEqual(await contents(db, 'other'), ['account'])
})

const HARMS: readonly [string, string, RegExp][] = [
  ['a view', 'create schema other; create view other.rich as select * from account', /other\.rich must stay/],
  ['a column', 'create schema other; create table other.t (id int, m mood)', /other\.t must stay/],
  [
    'a default',
    `create schema other; create table other.t (id int default nextval('free'))`,
    /other\.t must stay/,
  ],
  [
    'a foreign key',
    'create schema other; create table other.t (a int references account)',
    /other\.t must stay/,
  ],
]

for (const [what, sql, message] of HARMS) {
  test(`${what} in another schema that would go, too, stops it`, async (t) => {
    const db = await openJournal(t, `${EVERYTHING} ${sql}`)
    const before = await contents(db)
    await assert.rejects(wipe(db), (error: unknown) => {
      assert(error instanceof WipeError, String(error))
      assert.match(error.message, message)
      return true
    })
    assert.deepEqual(await contents(db), before)
  })
}

test('a foreign key of an immune table into one that would go stops it', async (t) => {
  const db = await openJournal(t, `${EVERYTHING} create table t (a int references account);`)
  await assert.rejects(wipe(db, ['t']), /public\.t must stay/)
  await wipe(db, ['t', 'account'])
  assert((await contents(db)).includes('t'))
})
