import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RollbackError } from '../../src/errors.ts'
import { digest, openJournal } from './journal-fixture.ts'

const PARTITIONED = `create table event (day int primary key) partition by range (day);
  create table late (day int not null primary key);`

interface Exchange {
  readonly what: string
  readonly schema: string
  readonly immune?: readonly string[]
  /** A level each. */
  readonly levels: readonly [string, string]
  readonly change: string
  /** A level, that what is refused below. */
  readonly then: string
  /** Whose rows of before are not known. */
  readonly table: string
}

const EXCHANGES: readonly Exchange[] = [
  {
    what: 'that was immune',
    schema: 'create table price (id int primary key); create table other (id int primary key)',
    immune: ['price'],
    levels: ['insert into other values (1)', 'insert into price values (2)'],
    change: '',
    then: 'insert into price values (3)',
    table: 'price',
  },
  {
    what: 'whose name was exchanged with an immune one',
    schema: 'create table price (id int primary key); create table price_new (id int primary key)',
    immune: ['price'],
    levels: ['insert into price values (1)', 'insert into price values (2)'],
    change: 'alter table price rename to price_old; alter table price_new rename to price',
    then: 'insert into price_old values (3)',
    table: 'price_old',
  },
  {
    what: 'that was attached as a partition',
    schema: PARTITIONED,
    levels: ['insert into late values (1)', 'insert into late values (2)'],
    change: 'alter table event attach partition late for values from (0) to (9)',
    then: 'insert into event values (3)',
    table: 'event',
  },
  {
    what: 'that was detached as a partition',
    schema: `${PARTITIONED} alter table event attach partition late for values from (0) to (9);`,
    levels: ['insert into event values (1)', 'insert into event values (2)'],
    change: 'alter table event detach partition late',
    then: 'insert into late values (3)',
    table: 'late',
  },
  {
    what: 'that took the place of one that was dropped',
    schema: 'create table price (id int primary key)',
    levels: ['insert into price values (1)', 'insert into price values (2)'],
    change: `create table price_new (id bigint primary key); insert into price_new select * from price;
      drop table price; alter table price_new rename to price`,
    then: 'insert into price values (3)',
    table: 'price',
  },
  {
    what: 'with the rows of one whose name it took',
    schema: 'create table price (id int primary key)',
    levels: ['insert into price values (1)', 'insert into price values (2)'],
    change: `alter table price rename to price_old; create table price (id bigint primary key);
      insert into price select * from price_old`,
    then: 'insert into price values (3)',
    table: 'price',
  },
]

for (const { what, schema, immune, levels, change, then, table } of EXCHANGES) {
  test(`a table ${what} is not reverted across that, and it is said`, async (t) => {
    const db = await openJournal(t, schema)
    await db.track(immune)
    for (const level of levels) await db.level(level)
    await db.sql.unsafe(change)
    await db.track(change.includes('rename to price_old') ? immune : [])
    const before = await digest(db.sql)
    await db.level(then)
    await db.revert(2)
    assert.deepEqual(await digest(db.sql), before)
    await assert.rejects(db.revert(1), (error: unknown) => {
      assert(error instanceof RollbackError, String(error))
      assert.match(error.message, new RegExp(`table ${table} was changed since, or it is another table than`))
      return true
    })
    assert.deepEqual(await digest(db.sql), before)
  })
}

test('tables that come, go and are renamed with what is theirs are reverted', async (t) => {
  const db = await openJournal(
    t,
    'create table price (id int primary key); create table gone (id int primary key)',
  )
  await db.level('insert into price values (1)')
  await db.level('insert into price values (2); insert into gone values (1)')
  await db.sql.unsafe(
    'alter table price rename to price_old; create table price (id int primary key); drop table gone',
  )
  await db.level('insert into price values (3)')
  await db.revert(1)
  assert.deepEqual([...(await db.sql`select id from price_old`)], [{ id: 1 }])
  assert.equal((await db.sql`select from price`).length, 0)
})

test('sequences that were renamed are set back, also where they exchanged their names', async (t) => {
  const db = await openJournal(
    t,
    'create sequence one; create sequence two; create table log (id serial primary key)',
  )
  await db.level(`select nextval('one'), nextval('two'); insert into log default values`)
  await db.level(`select nextval('one'), setval('two', 100); insert into log default values`)
  await db.sql
    .unsafe(`alter sequence one rename to three; alter sequence two rename to one; alter sequence three rename to two;
    alter sequence log_id_seq rename to numbers`)
  await db.level(`select nextval('two'), nextval('one'); insert into log default values`)
  await db.revert(1)
  const [row] =
    await db.sql`select nextval('two')::int as one, nextval('one')::int as two, nextval('numbers')::int as log`
  assert.deepEqual({ ...row }, { one: 2, two: 2, log: 2 })
})
