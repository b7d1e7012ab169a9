import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WriteError } from '../../src/errors.ts'
import type { Row } from '../../src/database/row-writer.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'
import { createTestDatabase } from '../support/test-database.ts'

test('a column that somebody else has added is found when a row has it', async (t) => {
  const { url } = await createTestDatabase(t)
  const open = () => openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  const [database, other] = await Promise.all([open(), open()])
  t.after(() => Promise.all([database.close(), other.close()]))
  await other.sql`create table item (id int primary key)`
  await database.transaction(async (transaction) => transaction.insert('item', { id: 1 }))

  await other.sql`alter table item add column name text, add column total numeric`
  await database.transaction(async (transaction) => {
    transaction.insert('item', { id: 2 })
    transaction.insert('item', { id: 3, name: 'three' })
    transaction.insert('item', { id: 4, name: 'four' })
  })
  // Also one that an upsert adds to, and behind a table that has to be looked at first.
  await other.sql`alter table item add column seen int`
  await other.sql`create table place (id int)`
  await database.transaction(async (transaction) => {
    transaction.insert('place', { id: 1 })
    transaction.upsert('item', { id: 4, seen: 2 }, { key: ['id'], add: ['seen'] })
    transaction.upsert('item', { id: 4, seen: 3 }, { key: ['id'], add: ['seen'] })
  })
  assert.deepEqual(
    (await other.sql`select id, name, seen from item order by id`).map((row) => Object.values(row)),
    [
      [1, null, null],
      [2, null, null],
      [3, 'three', null],
      [4, 'four', 5],
    ],
  )

  await assert.rejects(
    database.transaction(async (transaction) => transaction.insert('item', { id: 5, nam: 'five' })),
    (error) => error instanceof WriteError && /no column "nam" – did you mean "name"/.test(error.message),
  )
})

test('a column whose type somebody else has changed is told as that', async (t) => {
  const { url } = await createTestDatabase(t)
  const database = await openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  t.after(() => database.close())
  await database.sql`create table item (id int primary key, data text)`
  const insert = (data: Row[string]): Promise<void> =>
    database.transaction(async (transaction) => transaction.insert('item', { id: 1, data }))
  const alter = async (type: string): Promise<void> => {
    await database.sql`truncate item`
    await database.sql.unsafe(`alter table item alter column data type ${type} using data::${type}`)
  }
  await insert('{}')
  await alter('jsonb')
  await assert.rejects(
    insert('{}'),
    (error) => error instanceof WriteError && /was altered/.test(error.hint ?? ''),
  )
  // It is looked at again. So it is where a value did not fit what it was.
  await insert({ a: 1 })
  await alter('text')
  await database.learnTypes()
  await insert('{}')
  await alter('jsonb')
  await assert.rejects(insert({ a: 1 }), WriteError)
  await insert({ a: 1 })
})
