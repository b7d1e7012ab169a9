import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NewerSchemaError } from 'pawl'
import { migrate, MIGRATIONS } from '../../src/database/migrate.ts'
import { openTestDatabase } from '../support/test-database.ts'

test('a database of a newer Pawl is refused, and left as it is', async (t) => {
  const database = await openTestDatabase(t)
  const { sql, ownSchema } = database
  const done = () => sql`select id, name from ${sql(ownSchema)}.migration order by id`
  const steps = await done()
  await assert.rejects(migrate(database, { migrations: MIGRATIONS.slice(0, -1) }), (error: unknown) => {
    assert.ok(error instanceof NewerSchemaError)
    const [newest, before] = [MIGRATIONS.at(-1)?.id, MIGRATIONS.at(-2)?.id]
    assert.match(
      error.message,
      new RegExp(`is of a newer Pawl \\(step ${newest}; this one knows ${before}\\)$`),
    )
    return true
  })
  assert.deepEqual(await done(), steps)
})
