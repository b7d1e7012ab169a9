import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TransactionOverError, WriteError } from '../../src/errors.ts'
import { openTestDatabase } from '../support/test-database.ts'

/** For `assert.rejects`. */
const isWriteError = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof WriteError, String(error))
  assert.match(error.message, message)
  return true
}

test('rows are there for the next statement, and after the commit', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key, name text)`
  await database.transaction(async (transaction) => {
    transaction.insert('item', { id: 1, name: 'one' })
    transaction.insert('item', [
      { id: 2, name: 'two' },
      { id: 3, name: null },
    ])
    assert.deepEqual([...(await transaction.sql`select count(*)::int as n from item`)], [{ n: 3 }])
    transaction.insert('item', { id: 4 })
    // Two statements at once: both are behind the rows.
    const both = await Promise.all([
      transaction.sql`select count(*)::int as n from item`,
      transaction.sql`select max(id) as n from item`,
    ])
    assert.deepEqual(both.flat(), [{ n: 4 }, { n: 4 }])
    transaction.insert('item', { id: 5, name: 'five' })
  })
  const rows = await database.sql`select id, name from item order by id`
  assert.deepEqual(
    rows.map(({ id, name }) => [id, name]),
    [
      [1, 'one'],
      [2, 'two'],
      [3, null],
      [4, null],
      [5, 'five'],
    ],
  )
})

test('a transaction that fails leaves no rows', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key)`
  await assert.rejects(
    database.transaction(async (transaction) => {
      transaction.insert('item', { id: 1 })
      await transaction.sql`select 1`
      transaction.insert('item', { id: 2 })
      throw new Error('enough')
    }),
    /enough/,
  )
  assert.equal((await database.sql`select from item`).length, 0)
})

test('a savepoint that fails leaves no rows, also of a table that it has to look at first', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key, text text)`
  // More than is handed over at a time: it is on its way when the savepoint fails.
  const many = Array.from({ length: 90 }, (_, id) => ({ id, text: 'x'.repeat(100_000) }))
  await database.transaction(async (transaction) => {
    const failing = transaction.savepoint(async (inner) => {
      inner.insert('item', many)
      throw new Error('enough')
    })
    await assert.rejects(failing, /enough/)
    await transaction.sql`insert into item values (-1)`
  })
  assert.deepEqual(
    (await database.sql`select id from item`).map(({ id }) => id as number),
    [-1],
  )
})

test('statements behind rows are sent in their order', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key)`
  await database.sql`create table log (n int generated always as identity, text text)`
  const write = (id: number): Promise<unknown> =>
    database.transaction(async (transaction) => {
      transaction.insert('item', { id })
      const add = (text: string) => transaction.sql`insert into log (text) values (${text})`
      await Promise.all([add('first'), add('second'), add('third')])
    })
  // The table's columns are read in the first, and known in the second.
  await write(1)
  await write(2)
  const rows = await database.sql<{ text: string }[]>`select text from log order by n`
  assert.deepEqual(
    rows.map(({ text }) => text),
    ['first', 'second', 'third', 'first', 'second', 'third'],
  )
})

test('every type comes back as it was given', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  await sql`create type mood as enum ('sad', 'very happy')`
  await sql`create domain percent as numeric(5, 2) check (value <= 100)`
  await sql`create type "Odd Type" as ("a b" int, c text)`
  await database.learnTypes()
  await sql`create table "Odd ""Table" (
    id int primary key, "a ""quoted"" name" text, small smallint, big bigint, amount numeric(78), exact numeric, share percent,
    float double precision, yes boolean, at timestamptz, day date, raw bytea, doc jsonb, plain json, id2 uuid, code varchar(3),
    fixed char(4), bits bit(3), "order" int, feeling mood, moods mood[], words text[], matrix int[], blobs bytea[], docs jsonb[],
    span int4range, odd "Odd Type", made int generated always as ("order" * 2) stored, defaulted text default 'as it is')`
  const row = {
    id: 1,
    'a "quoted" name': String.raw`{"a", \ 'b' NULL} ü 🦊` + '\n\t',
    small: -3,
    big: 2n ** 62n,
    amount: 10n ** 77n,
    exact: '0.1234567890123456789',
    share: 99.5,
    float: 1.5e-300,
    yes: true,
    at: new Date('2026-01-02T03:04:05.678Z'),
    day: '2026-01-02',
    raw: new Uint8Array([0, 255, 92, 34]),
    doc: { a: [1, null, 'x"y\\z'], nested: { b: 'null' } },
    plain: ['text'],
    id2: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
    code: 'abc',
    fixed: 'ab',
    bits: '101',
    order: 21,
    feeling: 'very happy',
    moods: ['sad', 'very happy'],
    words: ['', 'null', 'a,b', '{}', '"', '\\', ' '],
    matrix: [
      [1, 2],
      [3, 4],
    ],
    blobs: [new Uint8Array([1]), null],
    docs: [{ a: 1 }, 'text', 3],
    span: '[1,5)',
    odd: '(1,"x, y")',
  }
  await database.transaction(async (transaction) => {
    transaction.insert('Odd "Table', row)
    const nothing = Object.fromEntries(Object.keys(row).map((name) => [name, null]))
    transaction.insert('Odd "Table', { ...nothing, id: 2, order: null, doc: 'null', raw: '0x00FF' })
  })
  const [stored, empty] = await sql`select * from "Odd ""Table" order by id`
  assert.deepEqual(
    { ...stored },
    {
      ...row,
      amount: String(row.amount),
      share: '99.50',
      day: new Date('2026-01-02'),
      raw: Buffer.from(row.raw),
      id2: row.id2.toLowerCase(),
      fixed: 'ab  ',
      blobs: [Buffer.from([1]), null],
      made: 42,
      defaulted: 'as it is',
    },
  )
  assert.equal(empty?.['doc'], 'null')
  assert.deepEqual(empty?.['raw'], Buffer.from([0, 255]))
  assert.equal(empty?.['words'], null)
})

test('upserts replace, add and keep, also where one key comes many times', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  await sql`create table balance (chain int, account text, amount numeric(78), times int, first int, last int, primary key (chain, account))`
  const options = { key: ['chain', 'account'], add: ['amount', 'times'], keep: 'first' } as const
  await database.transaction(async (transaction) => {
    for (let level = 1; level <= 3; level += 1) {
      for (const account of ['a', 'b', 'a']) {
        transaction.upsert(
          'balance',
          { chain: 1, account, amount: 10n ** 60n, times: 1, first: level, last: level },
          options,
        )
      }
    }
    transaction.upsert(
      'balance',
      { chain: 1, account: 'b', amount: -1n, times: null, first: 9, last: 9 },
      options,
    )
  })
  await database.transaction(async (transaction) => {
    transaction.upsert(
      'balance',
      { chain: 1, account: 'a', amount: '0.0', times: 1, first: 7, last: 7 },
      options,
    )
    transaction.upsert(
      'balance',
      { chain: 1, account: 'c', amount: null, times: 1, first: 7, last: 7 },
      options,
    )
  })
  const rows = await sql`select account, amount, times, first, last from balance order by account`
  assert.deepEqual(
    rows.map((row) => Object.values(row)),
    [
      ['a', String(6n * 10n ** 60n), 7, 1, 7],
      ['b', String(3n * 10n ** 60n - 1n), 3, 1, 9],
      ['c', null, 1, 7, 7],
    ],
  )
})

test('keys that only PostgreSQL can compare are written one by one', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  await sql`create collation caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`
  await sql`create table tag (name text collate caseless primary key, seen int)`
  await sql`create table price (at numeric primary key, seen int)`
  await database.transaction(async (transaction) => {
    for (const name of ['Fox', 'fox', 'FOX', 'owl']) {
      transaction.upsert('tag', { name, seen: 1 }, { key: 'name', add: 'seen' })
    }
    for (const at of [1, '1.0', '1.00', 1n])
      transaction.upsert('price', { at, seen: 1 }, { key: 'at', add: 'seen' })
  })
  assert.deepEqual(
    (await sql`select name, seen from tag order by name`).map((row) => Object.values(row)),
    [
      ['Fox', 3],
      ['owl', 1],
    ],
  )
  assert.deepEqual([...(await sql`select seen from price`)], [{ seen: 4 }])
})

test('a savepoint that fails takes its own rows with it, and no others', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  await sql`create table item (id int primary key)`
  await database.transaction(async (transaction) => {
    transaction.insert('item', { id: 1 })
    await assert.rejects(
      transaction.savepoint(async (inner) => {
        assert.equal((await inner.sql`select from item`).length, 1)
        inner.insert('item', { id: 2 })
        throw new Error('not these')
      }),
      /not these/,
    )
    await assert.rejects(
      transaction.savepoint(async (inner) => inner.insert('item', [{ id: 3 }, { id: 1 }])),
      isWriteError(
        /ctx\.insert\("item", …\) failed: duplicate key value .* – Key \(id\)=\(1\) already exists/,
      ),
    )
    await transaction.savepoint(async (inner) => inner.insert('item', { id: 4 }))
    assert.deepEqual(
      (await transaction.sql`select id from item order by id`).map(({ id }) => id),
      [1, 4],
    )
    transaction.insert('item', { id: 5 })
  })
  assert.deepEqual(
    (await sql`select id from item order by id`).map(({ id }) => id),
    [1, 4, 5],
  )
})

test('a table that the transaction made can be written at once, and one that was altered after', async (t) => {
  const database = await openTestDatabase(t)
  await database.transaction(async (transaction) => {
    await transaction.sql`create table fresh (id int primary key)`
    transaction.insert('fresh', { id: 1 })
  })
  await database.sql`alter table fresh add column name text`
  await database.learnTypes()
  await database.transaction(async (transaction) => transaction.insert('fresh', { id: 2, name: 'two' }))
  assert.equal((await database.sql`select from fresh`).length, 2)
})

test('more rows than a flush, without waiting for any', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key, note text)`
  // 8 MB a flush: three of them, and a rest.
  const note = 'x'.repeat(1_000)
  await database.transaction(async (transaction) => {
    for (let id = 0; id < 20_000; id += 1) transaction.insert('item', { id, note })
    await transaction.keepUp()
    for (let id = 20_000; id < 26_000; id += 1) transaction.insert('item', { id, note })
  })
  assert.deepEqual(
    [...(await database.sql`select count(*)::int as n, max(id) from item where note = ${note}`)],
    [{ n: 26_000, max: 25_999 }],
  )
})

for (const [what, message, write] of [
  [
    'a table that is not there',
    /ctx\.insert\("itme", …\) failed: there is no table itme/,
    ['itme', { id: 1 }],
  ],
  [
    'a column that is not there',
    /it has no column "nam" – did you mean "name"\?/,
    ['item', { id: 1, nam: 'x' }],
  ],
  [
    'undefined',
    /column "name" \(text\): expected a value of its type, got undefined/,
    ['item', { id: 1, name: undefined }],
  ],
  ['a function', /column "name" \(text\): .* got a function/, ['item', { id: 1, name: () => 1 }]],
  ['no array', /column "words" \(text\[\]\): expected an array, got 7/, ['item', { id: 1, words: 7 }]],
  ['no bytes', /column "raw" \(bytea\): expected bytes .* got "abc"/, ['item', { id: 1, raw: 'abc' }]],
  [
    'a bigint in JSON',
    /column "doc" \(jsonb\): expected what JSON can hold/,
    ['item', { id: 1, doc: { a: 1n } }],
  ],
  ['a word in a number', /invalid input syntax for type integer: "one"/, ['item', { id: 'one' }]],
  ['too long', /value too long for type character varying\(3\)/, ['item', { id: 1, code: 'abcd' }]],
  ['null', /null value in column "id" .* violates not-null constraint/, ['item', { id: null }]],
  ['an empty row', /the row has no columns/, ['item', {}]],
] as const) {
  test(`refused: ${what}`, async (t) => {
    const database = await openTestDatabase(t)
    await database.sql`create table item (id int primary key, name text, words text[], raw bytea, doc jsonb, code varchar(3))`
    const [table, row] = write as unknown as [string, Record<string, number>]
    const good = { ...row, id: 99 }
    await assert.rejects(
      database.transaction(async (transaction) => {
        transaction.insert(table, 'name' in row ? { id: 98, name: 'x' } : good, 'the handler at level 6')
        transaction.insert(table, row, 'the handler at level 7')
        // Whoever catches the error of the next statement does not commit without the rows.
        await transaction.sql`select 1`.catch(() => {})
      }),
      isWriteError(message),
    )
    if (table === 'item') assert.equal((await database.sql`select from item`).length, 0)
  })
}

test('the error names who gave the row', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key, n numeric)`
  const write = database.transaction(async (transaction) => {
    for (let id = 1; id < 20; id += 1) {
      transaction.insert(
        'item',
        { id, n: id === 13 ? 'thirteen' : '1' },
        `the handler of index "a" at level ${id}`,
      )
    }
  })
  await assert.rejects(
    write,
    isWriteError(/^the handler of index "a" at level 13: ctx\.insert\("item", …\) failed/),
  )
})

test('rows that come after the end are refused', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key)`
  let late: (() => void) | undefined
  await database.transaction(async (transaction) => {
    late = () => transaction.insert('item', { id: 1 })
  })
  assert.throws(() => late?.(), TransactionOverError)
  await database.transaction(async (transaction) => {
    assert.throws(
      () => transaction.insert('item', 7 as never),
      isWriteError(/a row is an object of columns, got 7/),
    )
    assert.throws(
      () => transaction.upsert('item', { id: 1 }, {} as never),
      isWriteError(
        /ctx\.upsert\("item", …\): expected { key: the columns of its primary key }, got undefined/,
      ),
    )
  })
})

test('a key without an index says which one is missing', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int, n int)`
  const write = database.transaction(async (transaction) =>
    transaction.upsert('item', { id: 1, n: 1 }, { key: 'id' }),
  )
  await assert.rejects(write, (error) => {
    assert.ok(error instanceof WriteError)
    assert.match(error.hint ?? '', /a unique index of exactly "id"/)
    return true
  })
})
