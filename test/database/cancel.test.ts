import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Database, Sql } from '../../src/database/database.ts'
import { openTestDatabase } from '../support/test-database.ts'

const CANCELLED = { code: '57014' }

/** Resolves when the server runs the statement. */
async function runs({ sql }: Database, text: string): Promise<void> {
  for (;;) {
    const rows = await sql`select from pg_stat_activity where state = 'active' and query = ${text}`
    if (rows.length > 0) return
  }
}

async function open(t: TestContext): Promise<Database> {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key)`
  return database
}

async function cancelRunning(database: Database, sql: Sql): Promise<void> {
  const query = sql`select pg_sleep(600)`.execute()
  await runs(database, 'select pg_sleep(600)')
  query.cancel()
  await assert.rejects(query, CANCELLED)
}

test('a statement that runs is cancelled, and its session is for nobody else', async (t) => {
  const database = await open(t)
  const pid = async (): Promise<unknown> =>
    (await database.userSql`select pg_backend_pid() as pid`)[0]?.['pid']
  const before = await pid()
  await cancelRunning(database, database.userSql)
  assert.notEqual(await pid(), before)
  await database.transaction(async ({ sql }) => {
    await sql`insert into item values (1)`
    await assert.rejects(
      sql.begin((inner) => cancelRunning(database, inner).then(() => Promise.reject(new Error('mine')))),
      /mine/,
    )
    await sql`insert into item values (2)`
  })
  assert.deepEqual([...(await database.sql`select id from item order by 1`)], [{ id: 1 }, { id: 2 }])
})

test('one that was not sent never is, and holds up nothing', async (t) => {
  const database = await open(t)
  const cancelUnsent = async (sql: Sql): Promise<void> => {
    const query = sql`insert into item values (3)`
    query.cancel()
    await assert.rejects(query, CANCELLED)
    const handed = sql`insert into item values (4)`.execute()
    handed.cancel()
    await assert.rejects(handed, CANCELLED)
  }
  await cancelUnsent(database.userSql)
  await database.transaction(async ({ sql }) => {
    await cancelUnsent(sql)
    await sql`insert into item values (1)`
  })
  assert.deepEqual([...(await database.sql`select id from item`)], [{ id: 1 }])
})
