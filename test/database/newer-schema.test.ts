import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NewerSchemaError } from 'pawl'
import { migrate, MIGRATIONS } from '../../src/database/migrate.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('a database of a newer Pawl is refused, and left as it is', async (t) => {
  const database = await openTestDatabase(t)
  const { sql, ownSchema } = database
  const done = () => sql`select id, name from ${sql(ownSchema)}.migration order by id`
  const before = await done()
  await assert.rejects(migrate(database, MIGRATIONS.slice(0, -1)), (error: unknown) => {
    assert.ok(error instanceof NewerSchemaError)
    const newest = MIGRATIONS.length
    assert.match(
      error.message,
      new RegExp(`is of a newer Pawl \\(step ${newest}; this one knows ${newest - 1}\\)$`),
    )
    return true
  })
  assert.deepEqual(await done(), before)
})
