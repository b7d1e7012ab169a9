import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate, MIGRATIONS } from '../../src/database/migrate.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('an update that meets the locks of a process of the version before is done all the same', async (t) => {
  const database = await openTestDatabase(t)
  const { sql, ownSchema } = database
  await sql.unsafe('create table one (); create table other ()')
  let begun = 0
  const up = (): string => {
    begun += 1
    // Looked for once, so long after the wait began: on a busy machine the other has come by then.
    return `set local deadlock_timeout = '3s'; alter table one add column a int; alter table other add column a int`
  }
  const waiting = async (): Promise<boolean> => {
    const [row] = await sql`select count(*)::int as number from pg_locks where not granted and database = (
      select oid from pg_database where datname = current_database())`
    return row?.['number'] === 1
  }
  const id = (MIGRATIONS.at(-1)?.id ?? 0) + 1
  // The update holds `one` and waits for `other`; only then does the old process want `one`, so that the update is what is ended.
  let updated: Promise<void> | undefined
  await database.transaction(async (old) => {
    await old.sql`set local deadlock_timeout = '1min'`
    await old.sql`lock table other`
    updated = migrate(database, { migrations: [...MIGRATIONS, { id, name: 'both', up }] })
    while (!(await waiting())) {}
    await old.sql`lock table one`
  })
  await updated
  assert.equal(begun, 2)
  const [row] = await sql`select name from ${sql(ownSchema)}.migration where id = ${id}`
  assert.equal(row?.['name'], 'both')
})
