import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPooler } from '../../src/database/check-pooler.ts'
import { silentLogger } from '../../src/logger.ts'
import { SessionFactory } from '../../src/database/session-factory.ts'
import { TableShapes } from '../../src/database/table-shapes.ts'
import { createTestDatabase } from '../support/test-database.ts'

test('sessions that are one behind a pooler are refused; those that are several are not', async (t) => {
  const { url } = await createTestDatabase(t)
  const factory = new SessionFactory({
    url,
    description: 'the pooler',
    schema: 'public',
    name: 'test',
    logger: silentLogger,
    shapes: new TableShapes(),
    spare: () => false,
  })
  await checkPooler(() => factory.open(), 'the pooler')
  const only = await factory.open()
  t.after(() => only.end())
  const again = async () => ({ run: (statement: string) => only.run(statement), dismiss: () => {} })
  await assert.rejects(checkPooler(again, 'the pooler'), {
    code: 'DATABASE_UNAVAILABLE',
    message: /^the pooler is a connection pooler in transaction mode/,
    hint: /session mode/,
  })
})
