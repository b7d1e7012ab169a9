import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sql } from '../../src/database/database.ts'
import { TransactionOverError } from '../../src/errors.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('what postgres.js has beside queries is refused by name, and the transaction goes on', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int)`
  const refuseAll = async (sql: Sql): Promise<void> => {
    for (const name of [
      'end',
      'close',
      'reserve',
      'savepoint',
      'prepare',
      'listen',
      'subscribe',
      'largeObject',
    ]) {
      const call = (sql as unknown as Record<string, () => Promise<unknown>>)[name]
      await assert.rejects(
        async () => call?.(),
        (error: TransactionOverError) => {
          assert.ok(error instanceof TransactionOverError)
          assert.equal(error.message, `ctx.sql has no ${name}(…) of postgres.js`)
          assert.ok(error.hint)
          return true
        },
      )
    }
    const begin = sql.begin as unknown as (...args: unknown[]) => Promise<unknown>
    for (const args of [['read only', () => {}], [], [7]])
      await assert.rejects(begin(...args), /sql\.begin takes a function and nothing else/)
    await sql`insert into item values (1)`
  }
  await refuseAll(database.userSql)
  await database.transaction(({ sql }) => refuseAll(sql))
  assert.equal((await database.sql`select from item`).count, 2)
})

test('sql.begin awaits the queries that its work returns in an array, as postgres.js does', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int)`
  const both = (sql: Sql): Promise<unknown> =>
    sql.begin((inner) => [inner`insert into item values (1)`, inner`select 2 as two`] as never)
  const [, selected] = (await both(database.userSql)) as unknown[][]
  assert.deepEqual(
    selected?.map((row) => ({ ...(row as object) })),
    [{ two: 2 }],
  )
  await database.transaction(({ sql }) => both(sql))
  assert.equal((await database.sql`select from item`).count, 2)
})
