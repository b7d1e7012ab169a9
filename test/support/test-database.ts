import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import postgres from 'postgres'
import type { Database } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'

/** The server that `test/run.ts` started. */
function serverUrl(): string {
  const url = process.env['PAWL_TEST_SERVER']
  if (url === undefined) throw new Error('no test server: run the tests by `node dist/test/run.js [files]`')
  return url
}

/** An empty database of its own, dropped after the test. */
export async function createTestDatabase(t: TestContext): Promise<{ readonly url: string }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onServer((sql) => sql.unsafe(`create database ${name}`))
  t.after(() => onServer((sql) => sql.unsafe(`drop database if exists ${name} with (force)`)))
  const url = new URL(serverUrl())
  url.pathname = `/${name}`
  return { url: url.href }
}

/** A database of its own with Pawl's tables in it; closed and dropped after the test. */
export async function openTestDatabase(
  t: TestContext,
  options: { readonly schema?: string } = {},
): Promise<Database> {
  const { url } = await createTestDatabase(t)
  const database = await openDatabase({
    url,
    directory: '',
    schema: options.schema ?? 'public',
    logger: silentLogger,
  })
  // Registered last, so run first? node:test runs them in order: the drop is forced, so either order is right.
  t.after(() => database.close())
  await migrate(database)
  return database
}

async function onServer(work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(serverUrl(), { max: 1, onnotice: () => {} })
  try {
    await work(sql)
  } finally {
    await sql.end()
  }
}
