import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest, openJournal } from './journal-fixture.ts'

const A = `create table a (id int primary key, w int, s text);
  insert into a select g, g, g::text from generate_series(1, 5) g;`

const LOG = `create table log (id bigint generated always as identity primary key, n int);`

/** What is made, and what a level does that is undone. */
const WAYS: Readonly<Record<string, readonly [made: string, written: string]>> = {
  'a rule that writes elsewhere, too': [
    `${A} ${LOG} create rule also as on insert to a do also insert into log (n) values (new.id)`,
    'insert into a values (7, 7); delete from a where id < 3',
  ],
  'a rule that deletes nothing': [
    `${A} create rule never as on delete to a do instead nothing`,
    'insert into a values (7, 7); delete from a where id = 1',
  ],
  'a rule that fires always, and makes an update of an insert': [
    `${A} create rule known as on insert to a where exists (select from a o where o.id = new.id)
      do instead update a set w = new.w where id = new.id; alter table a enable always rule known`,
    'insert into a values (1, 70), (8, 8); delete from a where id = 2',
  ],
  'a view with a trigger instead': [
    `${A} create view v as select id, w from a;
      create function write() returns trigger language plpgsql as $$ begin
        if tg_op = 'INSERT' then insert into a values (new.id, new.w); return new;
        elsif tg_op = 'DELETE' then delete from a where id = old.id; return old;
        else update a set w = new.w where id = old.id; return new; end if; end $$;
      create trigger t instead of insert or update or delete on v for each row execute function write()`,
    'insert into v values (7, 7); update v set w = 0 where id < 3; delete from v where id = 4',
  ],
  'a trigger with a condition': [
    `${A} ${LOG} create function write() returns trigger language plpgsql as
      $$ begin insert into log (n) values (new.w); return new; end $$;
      create trigger t before update on a for each row when (old.w is distinct from new.w) execute function write()`,
    'update a set w = 4; update a set w = 4; delete from a where id = 1',
  ],
  'a constraint trigger that writes at COMMIT': [
    `${A} ${LOG} create function write() returns trigger language plpgsql as $$ begin
        insert into log (n) values (new.w);
        update a set s = 'late' where id = new.id and s is distinct from 'late'; return null; end $$;
      create constraint trigger t after insert or update on a deferrable initially deferred
        for each row execute function write()`,
    'insert into a values (7, 7); update a set w = 5 where id = 5',
  ],
  'parts of one statement': [
    `${A} create table b (id int primary key, w int)`,
    `with d as (delete from a where id < 3 returning *), i as (insert into b select id, w from d returning *)
      update a set w = w + (select count(*) from i);
     with u as (update a set w = 77 where id = 4 returning id) delete from a where id = 4`,
  ],
  'another search_path, with an operator of its own': [
    `${A} create schema other; create function other.same(int, int) returns bool language sql as 'select true';
      create operator other.= (leftarg = int, rightarg = int, function = other.same)`,
    `set local search_path = other, pg_catalog, public; update public.a set w = 10; delete from public.a where id < 3`,
  ],
}

for (const role of [undefined, 'plain']) {
  test(`what ${role === undefined ? 'a superuser' : 'who cannot suspend triggers'} writes by way of something else is undone`, async (t) => {
    const db = await openJournal(t, '', role)
    for (const [way, [made, written]] of Object.entries(WAYS)) {
      await db.sql
        .unsafe(`drop schema public cascade; drop schema if exists other cascade; create schema public; ${made};
        delete from pawl.version; delete from pawl.block; update pawl.index set level = null, hash = null`)
      await db.track()
      await db.level('insert into a values (6, 6)')
      const before = await digest(db.sql)
      await db.level(written)
      assert.notDeepEqual(await digest(db.sql), before, way)
      await db.revert(1)
      assert.deepEqual(await digest(db.sql), before, way)
    }
  })
}
