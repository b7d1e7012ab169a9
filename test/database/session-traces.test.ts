import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Database, Sql } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'
import { createTestDatabase } from '../support/test-database.ts'

/** With one session for transactions, which each has after the other. */
async function openSmall(t: TestContext) {
  const { url } = await createTestDatabase(t)
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
  const database = await openDatabase({ url, directory: '', schema: 'public', logger, maxConnections: 1 })
  t.after(() => database.close())
  await database.sql.unsafe(`
    create function keep(name text, value text) returns void language plpgsql
      as $$ begin perform set_config(name, value, false); end $$`)
  return { database, warnings }
}

const run = (database: Database, statement: string): Promise<unknown> =>
  database.transaction(({ sql }) => sql.unsafe(statement))

async function stateOf(sql: Sql) {
  const [state] = await sql`
    select current_setting('search_path') as path, current_setting('statement_timeout') as timeout, current_user as role,
      current_setting('default_transaction_read_only') as guard, to_regclass('pg_temp.mine')::text as temporary,
      (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
      (select count(*)::int from pg_prepared_statements where name = 'mine') as prepared`
  return state
}

const LEAVING = [
  'reset all',
  '-- why\nset search_path to pg_catalog',
  'select 1; set statement_timeout = 1234',
  'set session characteristics as transaction read write',
  "select set_config('statement_timeout', '1234', false)",
  "select set_config('search_path', current_schema, 1 = 0)",
  'set role pg_read_all_stats',
  'create temporary table mine (id int)',
  'select pg_advisory_lock(1)',
  'prepare mine as select 1',
  'deallocate all',
  'do $$ begin set statement_timeout = 1234; end $$',
  "select keep('default_transaction_read_only', 'off')",
]

test('nothing that a statement leaves in its session is there for the next transaction', async (t) => {
  const { database } = await openSmall(t)
  const before = await database.transaction(({ sql }) => stateOf(sql))
  for (const statement of LEAVING) {
    await run(database, statement)
    const after = await database.transaction(({ sql }) => stateOf(sql))
    assert.deepEqual(after, before, statement)
  }
})

test('a single statement leaves nothing for the next, and that is told once', async (t) => {
  const { database, warnings } = await openSmall(t)
  const { userSql } = database
  const before = await stateOf(userSql)
  for (const statement of LEAVING) {
    if (statement.includes('keep(')) continue
    await userSql.unsafe(statement)
    assert.deepEqual(await stateOf(userSql), before, statement)
  }
  // Twice, of what may be both: a block, and a setting of the transaction.
  const told = warnings.length
  await userSql.unsafe('reset all')
  await userSql.unsafe('set local statement_timeout = 5')
  assert.equal(warnings.length, told)
  assert.equal(told, LEAVING.length - 2)
  assert.match(warnings[0] ?? '', /"reset all" has no effect .* sql\.begin/)
})

test('what ends with its transaction costs no session', async (t) => {
  const { database } = await openSmall(t)
  const pid = async (statement: string): Promise<unknown> =>
    database.transaction(async ({ sql }) => {
      await sql.unsafe(statement)
      const [row] = await sql`select pg_backend_pid() as pid`
      return row?.['pid'] as unknown
    })
  const first = await pid('create table item (id int, set_at int)')
  for (const statement of [
    'set local statement_timeout = 5000',
    "set local timezone = 'Asia/Tokyo'",
    'set transaction isolation level serializable',
    'set constraints all deferred',
    "select set_config('search_path', coalesce(current_setting('search_path'), ''), true)",
    'update item set id = 1',
    'create temp table mine (id int) on commit drop',
    'select pg_advisory_xact_lock(1)',
    'alter table item rename column set_at to reset',
    'select 1',
  ]) {
    assert.equal(await pid(statement), first, statement)
  }
})
