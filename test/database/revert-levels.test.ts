import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeaseLostError, RollbackError } from '../../src/errors.ts'
import { revertLevels } from '../../src/database/revert-levels.ts'
import { gathering, tamperingRelayTo } from '../support/tampering-relay.ts'
import { digest, openJournal } from './journal-fixture.ts'

const ACCOUNTS = 'create table account (address text primary key, balance numeric not null default 0);'

const reason = (pattern: RegExp) => (error: unknown) => {
  assert(error instanceof RollbackError, String(error))
  assert.match(error.message, pattern)
  return true
}

test('undoes inserts, updates and deletes, and moves the cursor', async (t) => {
  const db = await openJournal(t, `${ACCOUNTS} insert into account values ('a', 1), ('b', 2), ('c', 3)`)
  await db.level('select 1')
  const before = await digest(db.sql)
  await db.level(`insert into account values ('d', 4); update account set balance = 10 where address = 'a'`)
  await db.level(
    `delete from account where address in ('a', 'b'); update account set address = 'e' where address = 'd'`,
  )

  const tables = await db.revert(1)

  assert.deepEqual(await digest(db.sql), before)
  assert.deepEqual(await db.cursor(), { level: '1', hash: 'hash 1' })
  assert.deepEqual(tables, [{ table: 'account', restored: 2, changed: 0, removed: 1 }])
  assert.deepEqual(
    await db.sql`select level::int from pawl.block`.then((rows) => rows.map((row) => row['level'])),
    [1],
  )
  const [left] =
    await db.sql`select (select count(*) from pawl.journal_1)::int as rows, count(*)::int as versions from pawl.version`
  assert.deepEqual({ ...left }, { rows: 0, versions: 1 })
})

// What is sent with a statement that fails is refused right after it (25P02), and whether to try again is decided by the code.
for (const [what, lock] of [
  ['its index', 'select from pawl.index where id = 1 for update'],
  ['a firing', 'select from pawl.firing for update'],
  ['a row', `select from account where address = 'b' for update`],
  ['records', 'lock table pawl.journal_1'],
] as const) {
  test(`a revert that may not wait for ${what} fails by what it waited for`, async (t) => {
    const { url } = await tamperingRelayTo(t, process.env['PAWL_TEST_SERVER'] ?? '', gathering)
    const db = await openJournal(t, `${ACCOUNTS} create table other (id int primary key)`, undefined, url)
    await db.level(`insert into account values ('a', 1)`)
    await db.level(`insert into account values ('b', 1); insert into other values (1)`)
    await db.sql`
      insert into pawl.firing (id, hook, args, origin, index_id, level, confirmations, reversible, due_at)
      values (gen_random_uuid(), 'note', '{}', '{}', 1, 2, 0, false, now())`
    const reverting = db.transaction(async (transaction) => {
      const { sql } = transaction
      const revert = () => revertLevels(transaction, { ownSchema: 'pawl', indexId: 1, toLevel: 1 })
      // Its session knows the statements then, and does not wait for their descriptions.
      await sql`savepoint before`
      await revert()
      await sql`rollback to before`
      await sql`set local lock_timeout = '50ms'`
      await db.transaction(async (holder) => {
        await holder.sql.unsafe(lock)
        await assert.rejects(revert(), { code: '55P03' })
      })
      throw new Error('over')
    })
    await assert.rejects(reverting, /over/)
    assert.deepEqual(await db.cursor(), { level: '2', hash: 'hash 2' })
  })
}

for (const role of [undefined, 'plain']) {
  test(`rows that come back, change and go are counted apart, ${role ?? 'a superuser'}'s`, async (t) => {
    const db = await openJournal(
      t,
      `create table author (id int primary key, name text);
       create table book (id int primary key, author int references author on delete cascade, title text);
       create table untouched (id int primary key);
       insert into author values (1, 'a'), (2, 'b'), (3, 'c'); insert into book values (1, 1, 'x'), (2, 2, 'y')`,
      role,
    )
    await db.level('select 1')
    await db.level(`update author set name = upper(name); delete from author where id = 2; update book set title = 'z';
      insert into author values (4, 'd'); update book set author = 4 where id = 1; insert into untouched values (1)`)
    await db.level('delete from untouched')
    assert.deepEqual(await db.revert(1), [
      { table: 'author', restored: 1, changed: 2, removed: 1 },
      { table: 'book', restored: 1, changed: 1, removed: 0 },
    ])
  })

  test(`keys that are equal but not the same come back as they were, ${role ?? 'a superuser'}'s`, async (t) => {
    const db = await openJournal(t, 'create table price (at numeric primary key, v int)', role)
    await db.level('insert into price values (1.0, 1)')
    const before = await digest(db.sql)
    await db.level('update price set at = 1.000, v = 2')
    await db.revert(1)
    assert.deepEqual(await digest(db.sql), before)
  })
}

test('below the first level nothing is left and the cursor is empty', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`, { to: 5 })
  await db.revert(3)
  assert.deepEqual(await db.cursor(), { level: null, hash: null })
  assert.equal((await db.sql`select from account`).length, 0)
})

test('at its own level nothing is reverted', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`)
  assert.deepEqual(await db.revert(1), [])
  assert.equal((await db.sql`select from account`).length, 1)
})

test('a level that was not journalled is out of reach', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`, { journal: false })
  await db.level(`insert into account values ('b')`, { journal: false })
  await db.level(`insert into account values ('c')`)
  await assert.rejects(
    db.revert(1),
    reason(/transfers cannot be rolled back to level 1: the journal reaches back to level 2/),
  )
  await db.level(`insert into account values ('d')`, { journal: false })
  await assert.rejects(db.revert(2), reason(/not every level up to 4 was journalled/))
  assert.equal((await db.sql`select from account`).length, 4)
})

test('values swapped in place are refused where triggers cannot be suspended, and said why', async (t) => {
  const db = await openJournal(
    t,
    'create table slot (id int primary key, place int unique); insert into slot values (1, 1), (2, 2)',
    'plain',
  )
  await db.level('select 1')
  await db.level(`update slot set place = 3 where id = 1; update slot set place = 1 where id = 2;
    update slot set place = 2 where id = 1`)
  await assert.rejects(db.revert(1), (error: unknown) => {
    assert(error instanceof RollbackError)
    assert.match(error.message, /slot_place_key/)
    assert.match(error.hint ?? '', /grant set on parameter session_replication_role/)
    return true
  })
})

test('writes outside a level are not journalled', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`)
  await db.sql`insert into account values ('hook')`
  await db.level(`insert into account values ('b')`)
  await db.revert(1)
  assert.deepEqual(
    (await db.sql`select address from account order by 1`).map((row) => row['address']),
    ['a', 'hook'],
  )
})

test('a foreign key that would not hold stops the revert', async (t) => {
  const db = await openJournal(
    t,
    `${ACCOUNTS} create table token (id int primary key, owner text references account);`,
  )
  await db.level(`insert into account values ('a')`)
  await db.sql`insert into token values (1, 'a')`
  await assert.rejects(db.revert(0), reason(/token_owner_fkey of token into account/))
  await db.sql`delete from token`
  await db.level(`insert into token values (2, 'a')`)
  await db.level(`delete from token`)
  await db.sql`delete from account`
  await assert.rejects(db.revert(2), reason(/token_owner_fkey/))
  assert.deepEqual(await db.cursor(), { level: '3', hash: 'hash 3' })
})

test('a value that a row outside the journal took stops the revert', async (t) => {
  const db = await openJournal(
    t,
    `create table now (id int primary key, slot int unique);
     create table later (id int primary key, slot int unique deferrable initially deferred);`,
  )
  for (const table of ['now', 'later']) {
    const level = await db.level(`insert into ${table} values (1, 1)`)
    await db.level(`delete from ${table}`)
    await db.sql.unsafe(`insert into ${table} values (2, 1)`)
    await assert.rejects(db.revert(level), reason(/slot_key/))
    await db.sql.unsafe(`delete from ${table}`)
    await db.revert(level)
  }
})

test('ranges that would overlap rows from outside the journal stop the revert', async (t) => {
  const db = await openJournal(
    t,
    `create table stay (id int primary key, room int, nights int4range, gone boolean not null default false,
       constraint once exclude using gist (int4range(room, room, '[]') with &&, nights with &&) where (not gone) deferrable initially deferred)`,
  )
  await db.level(`insert into stay values (1, 1, '[1,5)'), (2, 2, '[1,5)'), (3, 1, '[9,9)')`)
  await db.level('delete from stay')
  const outside = [`(4, 3, '[2,3)', false)`, `(5, 1, '[2,3)', true)`, `(6, 1, '[5,6)', false)`]
  await db.sql.unsafe(`insert into stay values ${outside.join()}, (7, 1, '[2,3)', false)`)
  await assert.rejects(db.revert(1), reason(/stay .* constraint once/))
  await db.sql`delete from stay where id = 7`
  await db.revert(1)
  assert.equal((await db.sql`select from stay`).length, 6)
})

test('a foreign key over a period is held, or stops the revert', async (t) => {
  const db = await openJournal(t)
  const [server] = await db.sql`select current_setting('server_version_num')::int as version`
  if (Number(server?.['version']) < 180_000) return
  await db.sql.unsafe(`
    create table post (id int4range, held int4range, primary key (id, held without overlaps));
    create table stay (id int primary key, post int4range, held int4range, foreign key (post, period held) references post (id, period held));
    insert into post values ('[1,2)', '[1,5)')`)
  await db.level('select 1')
  await db.level(`insert into post values ('[1,2)', '[5,9)')`)
  await db.sql`insert into stay values (1, '[1,2)', '[2,7)')`
  await assert.rejects(db.revert(1), reason(/stay_post_held_fkey of stay into post/))
  await db.sql`update stay set held = '[2,5)'`
  await db.revert(1)
  await db.level('delete from stay')
  await db.sql`update post set held = '[1,4)'`
  await assert.rejects(db.revert(1), reason(/stay_post_held_fkey of stay into post/))
  await db.sql`insert into post values ('[1,2)', '[4,6)')`
  await db.revert(1)
  assert.equal((await db.sql`select from stay`).length, 1)
})

test('rules of users do not act, however they are enabled, and stay as they were', async (t) => {
  for (const role of [undefined, 'plain']) {
    const db = await openJournal(
      t,
      `create table account (id int primary key, v int); create table seen (id int generated always as identity primary key);
       create rule gone as on delete to account do also insert into seen default values;
       create rule kept as on insert to account where new.v = 1 do instead nothing;
       create rule always as on update to account do also insert into seen default values;
       alter table account enable always rule always; alter table account disable rule kept;`,
      role,
    )
    const enabled = () =>
      db.sql`select rulename::text, ev_enabled::text from pg_rewrite where ev_class = 'account'::regclass order by 1`
    await db.level('insert into account values (1, 1), (2, 2)')
    await db.sql`alter table account enable rule kept`
    const before = [await digest(db.sql), [...(await enabled())]]
    await db.level(
      'update account set v = 3 where id = 2; delete from account where id = 1; insert into account values (3, 3)',
    )
    await db.revert(1)
    assert.deepEqual([await digest(db.sql), [...(await enabled())]], before)
  }
})

test('triggers of users do not fire, however they are enabled, and stay as they were', async (t) => {
  const triggers = ['enable', 'enable always', 'enable replica', 'disable']
  const db = await openJournal(
    t,
    `${ACCOUNTS} create table fired (id int generated always as identity primary key);
     create function fire() returns trigger language plpgsql as
       'begin insert into fired default values; return coalesce(new, old); end';
     ${triggers
       .map(
         (
           how,
           n,
         ) => `create trigger user_${n} before insert or update or delete on account for each row execute function fire();
           alter table account ${how} trigger user_${n};`,
       )
       .join('')}`,
  )
  const enabled = () =>
    db.sql`select tgname::text, tgenabled::text from pg_trigger where not tgisinternal order by 1`
  await db.level(`insert into account values ('a')`)
  const before = [await digest(db.sql), [...(await enabled())]]
  await db.level(`update account set balance = 1; delete from account; insert into account values ('b')`)
  await db.revert(1)
  assert.deepEqual([await digest(db.sql), [...(await enabled())]], before)
  const [role] = await db.sql`show session_replication_role`
  assert.equal(role?.['session_replication_role'], 'origin')
})

test('triggers that partitions have from the table above them do not fire', async (t) => {
  for (const role of [undefined, 'plain']) {
    const db = await openJournal(
      t,
      `create table event (id int primary key, v int) partition by hash (id);
       create table event_0 partition of event for values with (modulus 1, remainder 0);
       create function add() returns trigger language plpgsql as 'begin new.v := new.v + 1; return new; end';
       create trigger adds before insert or update on event for each row execute function add();`,
      role,
    )
    await db.level('insert into event values (1, 1), (2, 2)')
    const before = await digest(db.sql)
    await db.level('update event set v = 5 where id = 1; delete from event where id = 2')
    await db.revert(1)
    assert.deepEqual(await digest(db.sql), before)
  }
})

test('a sequence is not set back over rows that stay', async (t) => {
  const db = await openJournal(
    t,
    'create table log (id serial primary key, note text); create sequence free;',
  )
  await db.level(`insert into log (note) values ('1')`)
  await db.level(`insert into log (note) values ('2'); select nextval('free')`)
  await db.sql`insert into log (note) values ('hook')`
  await db.level(`insert into log (note) values ('4'); select nextval('free')`)
  await db.revert(1)
  await db.level(`insert into log (note) values ('2')`)
  const rows = await db.sql`select id, note from log order by id`
  assert.deepEqual(
    rows.map((row) => `${row['id']} ${row['note']}`),
    ['1 1', '3 hook', '4 2'],
  )
  assert.equal((await db.sql`select nextval('free')::int`)[0]?.['nextval'], 1)
})

test('a sequence that gives a text its numbers is set back', async (t) => {
  const db = await openJournal(
    t,
    `create domain code as text; create domain number as int; create sequence codes; create sequence numbers;
     create table item (code code primary key default 'A' || nextval('codes'), number number default nextval('numbers'));
     alter sequence codes owned by item.code; alter sequence numbers owned by item.number;`,
  )
  await db.level('insert into item default values')
  const before = await digest(db.sql)
  await db.level('insert into item default values')
  await db.revert(1)
  assert.deepEqual(await digest(db.sql), before)
})

test('a revert that is rolled back leaves the sequences', async (t) => {
  const db = await openJournal(t, 'create table log (id serial primary key)')
  await db.level('insert into log default values')
  await db.level('insert into log default values')
  const before = await digest(db.sql)
  const { revertLevels } = await import('../../src/database/revert-levels.ts')
  await assert.rejects(
    db.transaction(async (tx) => {
      await revertLevels(tx, { ownSchema: 'pawl', indexId: 1, toLevel: 0 })
      throw new Error('after')
    }),
    /after/,
  )
  assert.deepEqual(await digest(db.sql), before)
})

test('a process without the lease may not revert', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`)
  await assert.rejects(db.revert(0, { fence: 6n }), LeaseLostError)
  await db.revert(0, { fence: 7n })
})

test('every type comes back bit by bit', async (t) => {
  const types: readonly [string, ...string[]][] = [
    ['float8', 'NaN', '-0', 'Infinity', '-Infinity', '5e-324'],
    ['float4', 'NaN', '-0', '1e-45'],
    ['numeric', '9'.repeat(78), 'NaN', 'Infinity', '1.50'],
    ['numeric(80, 2)', '7'.repeat(78)],
    ['jsonb', 'null', '{"a": 1.10, "b": [null]}'],
    ['json', '{"b":1,  "a":2, "a":3}'],
    ['bytea', '\\x', '\\x00ff'],
    ['int4range', 'empty', '[1,5)', '(,)'],
    ['tstzmultirange', '{[2020-01-01,2021-01-01)}'],
    ['int[]', '{}', '[0:2]={1,NULL,3}', '{{1,2},{3,4}}'],
    ['text[]', '{"a,b",NULL,"NULL",""}'],
    ['mood', 'sad'],
    ['"a.pair"', '(1,"x ""y""")', '(,)'],
    ['address', '0xab'],
    ['address[]', '{0xab}'],
    ['timestamptz', 'infinity', '-infinity', '4713-01-01 00:00:00 BC'],
    ['date', 'infinity'],
    ['interval', '1 mon -1 day 00:00:00.000001'],
    ['timetz', '24:00:00+15:59'],
    ['char(5)', 'ab'],
    ['varchar(3)', 'ü '],
    ['"char"', 'x'],
    ['text collate "C"', 'É\n'],
    ['bit(5)', '10101'],
    ['bit varying', '1'],
    ['uuid', '00000000-0000-0000-0000-0000000000ff'],
    ['inet', '::1/64'],
    ['xid8', '18446744073709551615'],
    ['tsvector', `'a':1A 'b':2`],
    ['point', '(1,-0)'],
    ['regclass', 'pg_class'],
  ]
  const values = types.flatMap(([type, ...texts], column) => texts.map((text) => ({ type, text, column })))
  const db = await openJournal(
    t,
    `create type mood as enum ('glad', 'sad'); create type "a.pair" as (a int, "b" text);
     create domain address as text not null check (value like '0x%');
     create table value (id int primary key, ${types
       .map(([type], n) => `v${n} ${type}${type === 'address' ? ` default '0x'` : ''}`)
       .join(', ')});`,
  )
  for (const [id, { text, column }] of values.entries()) {
    await db.sql.unsafe(`insert into value (id, v${column}) values (${id}, '${text.replaceAll("'", "''")}')`)
  }
  await db.level('select 1')
  const before = await digest(db.sql)
  await db.level('delete from value where id % 2 = 0; update value set id = -id')
  await db.level('truncate value')
  await db.level(`insert into value (id) values (0)`)
  await db.revert(1)
  assert.deepEqual(await digest(db.sql), before)
})

test('keys that come, go and come back within a level are as they were before', async (t) => {
  const db = await openJournal(
    t,
    `create table thing (id int primary key, v text); create table other (primary key (id)) inherits (thing);
     insert into thing values (1, 'a'), (2, 'b'), (3, 'c'); insert into other values (1, 'x'), (9, 'y')`,
  )
  await db.level('select 1')
  const before = await digest(db.sql)
  await db.level(`update thing set id = 10 where id = 1; delete from only thing where id = 2; insert into thing values (2, 'new');
    insert into thing values (4, 'd'); update thing set id = 5 where id = 4; savepoint s; update thing set v = 'z'; release s;
    delete from only thing where id = 5; update thing set id = 1 where id = 3; insert into thing values (7, 'e'); truncate thing;
    insert into thing values (7, 'f')`)
  await db.level(`update only thing set v = 'g'; insert into thing values (1, 'h')`)
  await db.revert(1)
  assert.deepEqual(await digest(db.sql), before)
})

test('a row of an inheriting table with the same key is left alone', async (t) => {
  const db = await openJournal(
    t,
    `create table thing (id int primary key, v text); create table other (primary key (id)) inherits (thing);
     insert into thing values (1, 'a'); insert into other values (1, 'x'), (2, 'y')`,
  )
  await db.level('select 1')
  const before = await digest(db.sql)
  await db.level(`update only thing set v = 'b'; insert into thing values (2, 'c')`)
  await db.revert(1)
  assert.deepEqual(await digest(db.sql), before)
})
