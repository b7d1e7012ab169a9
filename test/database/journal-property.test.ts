import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { pruneJournal } from '../../src/database/prune-journal.ts'
import type { Sql } from '../../src/database/database.ts'
import { digest, openJournal, type JournalFixture } from './journal-fixture.ts'

// Nine mutations of the journal were tried on 18 with PAWL_RUNS=40, and each failed. With the default number of runs five of
// them do; the other four (no mark for a changed key, the mark before the old row, TRUNCATE keeping a level's own rows, a
// revert that reaches into inheriting tables) need 9 to 37 runs, so journal.test.ts and revert-levels.test.ts have them each
// by a test of its own. `PAWL_SEED` takes other runs.
const RUNS = Number(process.env['PAWL_RUNS'] ?? 5)
const SEED = Number(process.env['PAWL_SEED'] ?? 2)

const SCHEMA = `
create type mood as enum ('a', 'b', 'c');
create domain positive as int not null check (value >= 0);
create table account (address text primary key, balance numeric(78, 0) not null default 0, data jsonb, raw bytea, f float8,
  m mood, ts timestamptz, share positive default 1, twice numeric generated always as (balance * 2) stored);
create table token (id bigint generated always as identity primary key, symbol text unique deferrable initially deferred,
  owner text references account on update cascade on delete set null deferrable initially immediate);
create table slot (id int primary key, place int not null unique);
create table "a table whose name is as long as postgres lets it be, 63 bytes." (id int primary key, "a ""column"" $pawl$" text,
  version text, parent int references "a table whose name is as long as postgres lets it be, 63 bytes." on delete cascade);
create table pair (a int, b text, v int[], primary key (a, b));
create table log (id serial primary key, note varchar(20) collate "C", account text references account on delete cascade);
create table counter (name text primary key, n bigint not null);
create table event (day int, id int, value text, primary key (day, id)) partition by range (day);
create table event_low partition of event for values from (0) to (10);
create table event_high (value text, extra int, id int not null, day int not null);
alter table event_high drop column extra;
alter table event attach partition event_high for values from (10) to (100) ;
create table base (id int primary key, v int);
create table derived (primary key (id)) inherits (base);
insert into counter values ('accounts', 0);
-- Triggers of users: one keeps a count elsewhere, one changes the row before, one writes to its own table after.
create function counting() returns trigger language plpgsql as $$ begin
  update counter set n = n + case tg_op when 'INSERT' then 1 else -1 end where name = 'accounts'; return null; end $$;
create trigger "a counts" after insert or delete on account for each row execute function counting();
create function stamping() returns trigger language plpgsql as $$ begin
  new.data := coalesce(new.data, '{}') || jsonb_build_object('b', new.balance::text); return new; end $$;
create trigger "z stamps" before insert or update on account for each row execute function stamping();
create function echoing() returns trigger language plpgsql as $$ begin
  if pg_trigger_depth() < 2 then update pair set v = v || 99 where a = new.a; end if; return null; end $$;
create trigger "a echoes" after insert or update on pair for each row execute function echoing();
create trigger "z echoes" after insert or update on pair for each row execute function echoing();
`
const TREE = '"a table whose name is as long as postgres lets it be, 63 bytes."'

/** What a handler may do; `n` and `m` are random numbers under 100. */
const WRITES: readonly ((n: number, m: number) => string)[] = [
  (
    n,
    m,
  ) => `insert into account (address, balance, raw, f, m, ts) values ('x${n % 12}', ${m}${'0'.repeat(n % 70)}, '\\x0${m % 10}',
    ${['1.5', `'NaN'`, `'-0'`, 'null'][m % 4]}, '${'abc'[n % 3]}', now()) on conflict do nothing`,
  (n) => `insert into account (address, balance) values ('x${n % 12}', 1), ('y', 2)
    on conflict (address) do update set balance = account.balance + 1`,
  (n, m) => `update account set balance = balance + ${m} where address = 'x${n % 12}'`,
  (n) =>
    `update account set balance = balance * 2, f = random(), ts = 'infinity' where address < 'x${n % 12}'`,
  (n) => `update account set address = address || 'z' where address = 'x${n % 12}'`,
  () => `update account set address = left(address, -1) where address like '%z'`,
  (n) => `delete from account where address = 'x${n % 12}'`,
  (n) => `delete from account where address > 'x${n % 12}'`,
  (n, m) =>
    `insert into token (symbol, owner) select 's${n}.${m}', address from account order by address limit ${m % 3}`,
  () => `update token a set symbol = b.symbol from token b where a.id <> b.id
    and a.id in (select id from token order by id limit 2) and b.id in (select id from token order by id limit 2)`,
  (n) => `delete from token where id % 3 = ${n % 3}`,
  (n) => `with gone as (delete from token where id % 5 = ${n % 5} returning id)
    insert into token (id, symbol) overriding system value select id, 'again' || id from gone`,
  (n, m) => `insert into slot values (${n % 20}, ${m}) on conflict do nothing`,
  (n) => `update slot set place = place + 100000 where id = ${n % 20}`,
  (n) => `update slot set id = id + 50 where id = ${n % 20}`,
  (n) => `update slot set id = id - 50 where id = ${(n % 20) + 50}`,
  (n, m) => `with gone as (delete from slot where id in (${n % 20}, ${m % 20}) returning *)
    insert into slot select id, place + 7000000 from gone`,
  () => `update slot set place = -place where place > 0; update slot a set place = -b.place from slot b
    where a.place < 0 and b.place < 0 and b.id = (select min(id) from slot c where c.id > a.id and c.place < 0)`,
  (
    n,
  ) => `insert into ${TREE} select ${n % 30}, 'n', 'v', (select id from ${TREE} where id < ${n % 30} order by id desc limit 1)
    on conflict do nothing`,
  (n) => `delete from ${TREE} where id = ${n % 30}`,
  (n) =>
    `update ${TREE} set "a ""column"" $pawl$" = "a ""column"" $pawl$" || 'x', version = null where id < ${n % 30}`,
  (
    n,
    m,
  ) => `insert into pair values (${n % 4}, '${'pqr'[m % 3]}', array[${n}]), (${4 + (n % 4)}, '${'pqr'[n % 3]}', '{}')
    on conflict (a, b) do update set v = pair.v || 1`,
  (n, m) => `update pair set v = v || ${m} where a < ${n % 8}`,
  (n) => `update pair set a = a + 10 where a = ${n % 4}`,
  (n) => `delete from pair where b = '${'pqr'[n % 3]}'`,
  (n) => `insert into log (note, account) select 'n${n}', address from account limit ${n % 4}`,
  () => `update log set note = note || '.' where length(note) < 15`,
  (n) => `delete from log where id % 4 = ${n % 4}`,
  (n, m) => `insert into event values (${n}, ${m % 9}, 'e'), (${m}, ${n % 9}, 'e') on conflict do nothing`,
  (n, m) => `update event set day = ${n} where day = ${m} or id = ${m % 9} and day < 50`,
  (n) => `update event_high set value = value || 'h' where id = ${n % 9}`,
  (n, m) => `insert into event_low values (${n % 10}, ${m % 9}, 'direct') on conflict do nothing`,
  (n) => `delete from event where id = ${n % 9}`,
  (n, m) =>
    `insert into base values (${n % 9}, ${m}) on conflict do nothing; insert into derived values (${m % 9}, ${n}) on conflict do nothing`,
  (n) => `update base set v = v + 1 where id = ${n % 9}`,
  (n) => `delete from only base where id = ${n % 9}`,
  () =>
    `set local session_replication_role = replica; update counter set n = n + 1; set local session_replication_role = origin`,
  (n) =>
    n < 10
      ? `truncate ${TREE}`
      : n < 20
        ? 'truncate log, token'
        : n < 25
          ? 'truncate account cascade'
          : 'select 1',
  (n) =>
    n < 10 ? 'truncate event_low' : n < 15 ? 'truncate event' : n < 20 ? 'truncate only base' : 'select 1',
  (n) => (n < 15 ? 'truncate base' : n < 25 ? 'truncate log restart identity' : 'select 1'),
]

interface Write {
  readonly kind: number
  readonly n: number
  readonly m: number
  /** By itself; in a savepoint; in one that is rolled back; two deep. */
  readonly wrapping: 'plain' | 'savepoint' | 'undone' | 'nested'
}

const number = fc.nat({ max: 99 })
const write: fc.Arbitrary<Write> = fc.record({
  kind: fc.nat({ max: WRITES.length - 1 }),
  n: number,
  m: number,
  wrapping: fc.constantFrom('plain', 'savepoint', 'undone', 'nested'),
})
const step = fc.record({
  levels: fc.array(fc.array(write, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 }),
  /** How far back, as a share of what the journal has; or prune; or nothing. */
  then: fc.oneof(
    { weight: 7, arbitrary: fc.record({ type: fc.constant('revert' as const), share: number }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('prune' as const), share: number }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('go on' as const), share: number }) },
  ),
})

/** What the database may refuse of random writes; anything else is a fault. */
const EXPECTED = /^(23502|23503|23505|21000)$/

const isExpected = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && EXPECTED.test(String(error.code))

// Deferred constraints are checked at once, so that what one refuses does not end the whole level.
const CHECK = 'set constraints all immediate; set constraints all deferred'

const run = async (sql: Sql, { kind, n, m, wrapping }: Write): Promise<void> => {
  const statement = WRITES[kind]?.(n, m) ?? 'select 1'
  if (wrapping === 'plain') {
    await sql.unsafe(`${statement}; ${CHECK}`)
    return
  }
  await sql.unsafe('savepoint one')
  try {
    await sql.unsafe(
      wrapping === 'nested' ? `savepoint two; ${statement}; release two; ${CHECK}` : `${statement}; ${CHECK}`,
    )
    if (wrapping === 'undone') await sql.unsafe('rollback to one')
    await sql.unsafe('release one')
  } catch (error) {
    if (!isExpected(error)) throw new Error(`${statement}: ${String(error)}`, { cause: error })
    await sql.unsafe('rollback to one')
  }
}

const reset = async ({ sql, track }: JournalFixture): Promise<void> => {
  await sql.unsafe(`drop schema public cascade; create schema public; ${SCHEMA}
    delete from pawl.version; delete from pawl.block; update pawl.index set level = null, hash = null, finalized = null`)
  await track()
}

const property = async (t: TestContext, runs: number, role?: string): Promise<void> => {
  const db = await openJournal(t, '', role)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), async (steps) => {
      await reset(db)
      const digests = new Map<number, Record<string, string>>()
      let level = await db.level('select 1')
      let floor = level
      digests.set(level, await digest(db.sql))
      for (const { levels, then } of steps) {
        for (const writes of levels) {
          const allowed = role === undefined ? writes : writes.map(withoutRoleChange)
          const index = (wrapped: readonly Write[]) =>
            db.level(async (sql) => {
              for (const one of wrapped) await run(sql, one)
            })
          level = await index(allowed).catch(async (error: unknown) => {
            if (!isExpected(error)) throw error
            digests.set(level, await digest(db.sql)) // sequences do not roll back
            return await index(allowed.map((one) => ({ ...one, wrapping: 'nested' })))
          })
          digests.set(level, await digest(db.sql))
        }
        const target = floor + Math.floor(((level - floor) * then.share) / 100)
        if (then.type === 'prune') {
          await pruneJournal(db.sql, { ownSchema: 'pawl', indexId: 1, finalized: target })
          floor = target
        }
        if (then.type !== 'revert') continue
        await db.revert(target)
        assert.deepEqual(await digest(db.sql), digests.get(target), `reverted from ${level} to ${target}`)
        level = target
      }
    }),
    { numRuns: runs, seed: SEED, endOnFailure: process.env['PAWL_SHRINK'] === undefined },
  )
}

// Neither is for a user without rights: to switch triggers off, and (until the journal may) to swap unique values in place.
const withoutRoleChange = (one: Write): Write => {
  const text = WRITES[one.kind]?.(one.n, one.m) ?? ''
  return /session_replication_role|place|slot/.test(text) ? { ...one, kind: 2 } : one
}

test('whatever was written, a revert gives back every bit of the level', (t) => property(t, RUNS))

test('so it does where triggers cannot be suspended', (t) => property(t, Math.ceil(RUNS / 3), 'plain'))
