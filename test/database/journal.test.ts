import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { trackTables } from '../../src/database/journal.ts'
import { RollbackError } from '../../src/errors.ts'
import { startTestServer } from '../support/test-server.ts'
import { digest, openJournal, type JournalFixture } from './journal-fixture.ts'

const ACCOUNTS =
  'create table account (address text primary key, balance numeric not null default 0); create sequence counter;'

const state = (code: string, message: RegExp) => (error: unknown) => {
  assert(error instanceof Error && 'code' in error && error.code === code, String(error))
  assert.match(error.message, message)
  return true
}

const begin = (db: JournalFixture, previous: number | null, level: number, fence: number | null = null) =>
  db.transaction(
    (tx) => tx.sql`select pawl.begin_level(1, ${previous}, ${level}, 'h', 'p', 0, ${fence}, true)`,
  )

test('a level starts only where the last one ended, and only with the lease', async (t) => {
  const db = await openJournal(t)
  await db.track()
  await assert.rejects(begin(db, 4, 5), state('PW002', /index 1 is not at level 4/))
  await assert.rejects(begin(db, null, 5, 6), state('PW001', /lease/))
  await begin(db, null, 5, 7)
  await assert.rejects(begin(db, null, 5, 7), state('PW002', /index 1 is not at level \(none\)/))
  await begin(db, 5, 6, 7)
  assert.equal((await db.cursor()).level, '6')
})

test('nothing is journalled before tables are tracked: the level asks for it', async (t) => {
  const db = await openJournal(t)
  await assert.rejects(begin(db, null, 1), state('PW003', /not journalled/))
})

const CHANGES: readonly [string, string, string?][] = [
  ['a new table', 'create table late (id int primary key)', 'late'],
  ['a new column', 'alter table account add column note text'],
  ['a dropped column', 'alter table account drop column balance'],
  ['a renamed column', 'alter table account rename column balance to amount'],
  ['another type', 'alter table account alter column balance type float8'],
  [
    'another primary key',
    'alter table account drop constraint account_pkey, add primary key (address, balance)',
  ],
  ['a trigger of ours that was dropped', 'drop trigger "pawl journal update" on account'],
  ['triggers switched off', 'alter table account disable trigger all'],
  ['a dropped table', 'drop table account'],
  ['a renamed table', 'alter table account rename to holder', 'holder'],
  ['a renamed sequence', 'alter sequence counter rename to count', 'count'],
  ['a new sequence', 'create sequence late', 'late'],
]

for (const [what, sql, name = 'account'] of CHANGES) {
  test(`${what} is noticed by the next level`, async (t) => {
    const db = await openJournal(t, ACCOUNTS)
    await db.track()
    await begin(db, null, 1)
    await db.sql.unsafe(sql)
    await assert.rejects(begin(db, 1, 2), state('PW003', new RegExp(`table ${name} `)))
    await db.track()
    await begin(db, 1, 2)
  })
  test(`${what} inside a level is refused`, async (t) => {
    const db = await openJournal(t, ACCOUNTS)
    await assert.rejects(
      db.level(sql),
      state('PW004', new RegExp(`table ${name} was created, altered or dropped while a level`)),
    )
    assert.deepEqual(await db.cursor(), { level: null, hash: null })
  })
}

/** On a server without other tests, whose transactions would come between those of this one. */
const openAlone = async (t: TestContext): Promise<JournalFixture> => {
  const server = await startTestServer()
  const cleanups: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const cleanup of cleanups) await cleanup()
    await server.stop()
  })
  const scope = { after: (work: () => Promise<void>) => void cleanups.push(work) }
  return openJournal(scope, ACCOUNTS, undefined, server.url)
}

test('levels that nothing else ran between look at the catalogs once', async (t) => {
  const db = await openAlone(t)
  await db.track()
  await db.sql
    .unsafe(`create sequence pawl.looks; create or replace function pawl.drift() returns text language plpgsql as
    $$ begin perform nextval('pawl.looks'); return null; end $$`)
  for (let level = 1; level <= 10; level += 1) await begin(db, level === 1 ? null : level - 1, level)
  const [row] = await db.sql`select last_value::int as looks from pawl.looks`
  const looks = Number(row?.['looks'])
  // Autovacuum may come between.
  assert.ok(looks >= 1 && looks <= 5, `${looks} looks`)
})

test('a table that is altered while levels run is noticed by the next one, whoever began first', async (t) => {
  const db = await openAlone(t)
  await db.track()
  // Its number is older than that of level 1, which does not see it yet.
  await db.transaction(async ({ sql }) => {
    await sql`create table older (id int primary key)`
    await begin(db, null, 1)
  })
  await assert.rejects(begin(db, 1, 2), state('PW003', /table older /))
  await db.track()
  await begin(db, 1, 2)
  // Its number is newer than that of level 3, which begins after it has ended.
  const waiting = db.transaction(async ({ sql }) => {
    await sql`select pg_current_xact_id()`
    await db.sql`create table newer (id int primary key)`
    await sql`select pawl.begin_level(1, 2, 3, 'h', 'p', 36, null, true)`
  })
  await assert.rejects(waiting, state('PW003', /table newer /))
})

test('what is no change of a table is none to the journal', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.track()
  await db.sql.unsafe(`create index on account (balance); create view v as select * from account;
    create materialized view m as select * from account; comment on table account is 'x'; grant select on account to public;`)
  for (const sql of ['analyze', 'vacuum account', 'vacuum full account', 'refresh materialized view m'])
    await db.sql.unsafe(sql)
  await begin(db, null, 1)
})

test('rows that the journal has come back into altered tables', async (t) => {
  const db = await openJournal(t, `${ACCOUNTS} insert into account values ('a', 1), ('b', 2), ('c', 3)`)
  await db.level('select 1')
  await db.level(`update account set balance = 0; delete from account where address = 'b'`)
  await db.sql.unsafe(`alter table account add column note text not null default 'none', add column dead int;
    alter table account drop column dead;
    alter table account rename column balance to amount; update account set note = 'kept' where address = 'a'`)
  await db.level(`update account set amount = 7, note = 'lost' where address = 'c'`)
  await db.revert(1)
  assert.deepEqual(
    (await db.sql`select address, amount::int, note from account order by 1`).map((row) =>
      Object.values(row),
    ),
    [
      ['a', 1, 'kept'],
      ['b', 2, 'none'],
      ['c', 3, 'none'],
    ],
  )
})

const ADDED: readonly [string, string, string][] = [
  ['int[]', '{1,NULL,3}', '{4}'],
  ['int[][]', '[0:0][2:3]={{1,2}}', '{}'],
  ['text[]', '{"a,b","\\"{}",NULL,""}', '{}'],
  ['box', '(1,1),(0,0)', '(2,2),(1,1)'],
  ['box[]', '{(1,1),(0,0);(3,3),(2,2)}', '{}'],
  ['char(3)', 'a', 'b'],
  ['mood[]', '{glad,sad}', '{sad}'],
  ['pair[]', '{"(1,glad)"}', '{"(2,sad)",NULL}'],
  ['pair', '(1,"\\",x")', '(2,)'],
  ['list', '{1,2}', '{3}'],
  ['list[]', '{"{1,2}"}', '{}'],
  ['text collate "C"', ' a ', ''],
]

for (const [type, value, other] of ADDED) {
  test(`a column of the type ${type} may be added, with a default and without`, async (t) => {
    const db = await openJournal(
      t,
      `${ACCOUNTS} create type mood as enum ('glad', 'sad'); create type pair as (a int, m text); create domain list as int[];`,
    )
    await db.level(`insert into account values ('a'), ('b')`)
    await db.level(`update account set balance = 1; delete from account where address = 'b'`)
    await db.sql.unsafe(
      `alter table account add column plain ${type}, add column filled ${type} default '${value}'`,
    )
    await db.level(`update account set plain = '${other}', filled = '${other}'`)
    await db.revert(1)
    const rows = await db.sql.unsafe(
      `select plain::text, filled::text = ('${value}'::${type})::text as same from account`,
    )
    assert.deepEqual(
      rows.map((row) => [row['plain'], row['same']]),
      [1, 2].map(() => [null, true]),
    )
  })
}

test('a changed type ends what can be rolled back, and says so', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a', 1)`)
  await db.sql`alter table account alter column balance type text`
  await db.level(`insert into account values ('b', 1)`)
  await db.revert(1)
  await assert.rejects(db.revert(0), (error: unknown) => {
    assert(error instanceof RollbackError)
    assert.match(error.message, /type of a column or the primary key of table account/)
    return true
  })
})

test('an expression that is dropped ends what can be rolled back: what it gave is not known', async (t) => {
  const db = await openJournal(
    t,
    'create table account (id int primary key, a int, g int generated always as (a * 2) stored)',
  )
  await db.level('insert into account values (1, 1)')
  await db.level('update account set a = 2')
  await db.sql`alter table account alter column g drop expression`
  await db.level('update account set a = 3, g = 100')
  await db.revert(2)
  assert.deepEqual([...(await db.sql`select a, g from account`)], [{ a: 2, g: 4 }])
  await assert.rejects(db.revert(1), RollbackError)
})

test('a type that changes while the journal is empty ends nothing', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level('select 1')
  await db.sql`alter table account alter column balance type text`
  await db.level(`insert into account values ('a', 1)`)
  await db.revert(0)
  assert.equal((await db.sql`select from account`).length, 0)
})

test('a table that is created in a savepoint of a level is refused, too', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await assert.rejects(
    db.level('savepoint s; create table late (id int primary key); release s'),
    state('PW004', /table late was created/),
  )
  await db.level('savepoint s; create table late (id int primary key); rollback to s')
  await db.level('create temp table scratch (id int) on commit drop; insert into scratch values (1)')
})

test('tables of another schema than public are journalled, and those elsewhere are not', async (t) => {
  const db = await openJournal(t, 'create schema "My ""One"; create schema other')
  await db.sql
    .unsafe(`create type "My ""One".mood as enum ('a'); create table other.account (id int primary key);
    create table "My ""One".account (id int primary key, m "My ""One".mood)`)
  const options = { schema: 'My "One', ownSchema: 'pawl', immuneTables: [] }
  await db.transaction((transaction) => trackTables(transaction, options))
  await db.level(`insert into "My ""One".account values (1, 'a'); insert into other.account values (1)`)
  await db.revert(0)
  assert.equal((await db.sql`select from "My ""One".account`).length, 0)
  assert.equal((await db.sql`select from other.account`).length, 1)
})

test('a table that becomes immune is no longer journalled, and one that no longer is, is', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.track()
  await db.track(['account'])
  assert.equal((await db.sql`select from pg_trigger where not tgisinternal`).length, 0)
  assert.equal(
    (await db.sql`select from pg_class where relname like 'journal\\_%' and relkind = 'r'`).length,
    0,
  )
  await db.track()
  const before = await digest(db.sql)
  await db.level(`insert into account values ('a')`)
  await db.revert(0)
  assert.deepEqual(await digest(db.sql), before)
})

test('partitions that come and go are followed', async (t) => {
  const db = await openJournal(
    t,
    `create table event (day int primary key) partition by range (day);
     create table event_0 partition of event for values from (0) to (10);`,
  )
  await db.level('insert into event values (1)')
  await db.sql.unsafe(`create table event_1 partition of event for values from (10) to (20);
    alter table event detach partition event_0;`)
  await db.level('insert into event values (11); insert into event_0 values (2)')
  const before = await digest(db.sql)
  await db.level('truncate event; truncate event_0; insert into event values (12)')
  await db.revert(2)
  assert.deepEqual(await digest(db.sql), before)
  await db.revert(1)
  assert.deepEqual(
    (await db.sql`select day from event_0`).map((row) => row['day']),
    [1],
  )
  assert.equal((await db.sql`select from event`).length, 0)
})

test('a row that changes 500 times in a level is kept once', async (t) => {
  const db = await openJournal(t, `${ACCOUNTS} insert into account values ('a')`)
  await db.level(async (sql) => {
    for (let n = 0; n < 500; n++) await sql`update account set balance = ${n}`
  })
  assert.equal((await db.sql`select from pawl.journal_1`).length, 1)
})

test('COPY is journalled', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(async (sql) => {
    const stream = await sql`copy account from stdin`.writable()
    await new Promise((resolve, reject) => {
      stream.on('error', reject).on('finish', resolve).end('a\t1\nb\t2\n')
    })
  })
  assert.equal((await db.sql`select from account`).length, 2)
  await db.revert(0)
  assert.equal((await db.sql`select from account`).length, 0)
})

test('another user may write outside a level without rights on the journal', async (t) => {
  const db = await openJournal(
    t,
    `${ACCOUNTS} grant usage on schema public to pg_monitor; grant all on account to pg_monitor;`,
  )
  await db.track()
  await db.transaction(async ({ sql }) => {
    await sql.unsafe(`set local role pg_monitor; insert into account values ('a'); update account set balance = 2;
      truncate account`)
  })
})

test('names of any kind are journalled', async (t) => {
  const table = `"${'ä "quoted" \\ %s $1 $pawl$ '.padEnd(60, 'x').slice(0, 50).replaceAll('"', '""')}"`
  const db = await openJournal(
    t,
    `create table ${table} ("id $pawl$ %" int, "it's \\ ""x""" text, op text, version text, new text, old text,
      tg_op text, "c1" text, added text, kept text, f text, t text, primary key ("id $pawl$ %", "c1"));
     insert into ${table} values (1, 'x', 'op', 'v', 'new', 'old', 'tg', 'c1', 'added', 'kept', 'f', 't')`,
  )
  await db.level('select 1')
  const before = await digest(db.sql)
  await db.level(
    `update ${table} set op = 'I', c1 = 'c2'; insert into ${table} ("id $pawl$ %", c1) values (2, 'x')`,
  )
  await db.level(`truncate ${table}`)
  await db.revert(1)
  assert.deepEqual(await digest(db.sql), before)
})
