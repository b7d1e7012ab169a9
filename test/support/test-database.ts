import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import postgres from 'postgres'
import type { Database } from '../../src/database/database.ts'
import { migrate, MIGRATIONS } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'
import type { Scope } from './scope.ts'

/** The server that `test/run.ts` started. */
function serverUrl(): string {
  const url = process.env['PAWL_TEST_SERVER']
  if (url === undefined) throw new Error('no test server: run the tests by `node dist/test/run.js [files]`')
  return url
}

/** An empty database of its own, dropped after the test. */
export function createTestDatabase(t: Scope): Promise<{ readonly url: string }> {
  return createFrom(t, 'template1')
}

/** The same with Pawl's tables in it, for the schema `public`: for what is not about the first start. */
export async function createMigratedDatabase(t: Scope): Promise<{ readonly url: string }> {
  return createFrom(t, await template())
}

/** A database of its own with Pawl's tables in it, opened; closed and dropped after the test. */
export async function openTestDatabase(
  t: Scope,
  options: { readonly schema?: string } = {},
): Promise<Database> {
  const { schema = 'public' } = options
  const { url } = await (schema === 'public' ? createMigratedDatabase(t) : createTestDatabase(t))
  const database = await open(url, schema)
  // After-hooks run in the order of registration. The drop is forced, so it does not matter that it comes first.
  t.after(() => database.close())
  await migrate(database)
  return database
}

const open = (url: string, schema: string): Promise<Database> =>
  openDatabase({ url, directory: '', schema, logger: silentLogger })

async function createFrom(t: Scope, source: string): Promise<{ readonly url: string }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onServer((sql) => sql.unsafe(`create database ${name} template ${source}`))
  t.after(() => onServer((sql) => sql.unsafe(`drop database if exists ${name} with (force)`)))
  return { url: urlOf(name) }
}

function urlOf(name: string): string {
  const url = new URL(serverUrl())
  url.pathname = `/${name}`
  return url.href
}

let made: Promise<string> | undefined

/** A migrated database to clone, made once a server and version of the tables, by the first process that needs it. */
function template(): Promise<string> {
  made ??= makeTemplate()
  return made
}

async function makeTemplate(): Promise<string> {
  const tables = MIGRATIONS.map(({ up }) => up('pawl')).join()
  const name = `pawl_template_${createHash('sha256').update(tables).digest('hex').slice(0, 16)}`
  const draft = `${name}_draft`
  await onServer(async (sql) => {
    await sql`select pg_advisory_lock(hashtext(${name}))`
    try {
      const found = await sql`select from pg_database where datname = ${name}`
      if (found.count === 0) await makeTemplateFrom(sql, draft, name)
    } finally {
      await sql`select pg_advisory_unlock(hashtext(${name}))`
    }
  })
  return name
}

async function makeTemplateFrom(sql: postgres.Sql, draft: string, name: string): Promise<void> {
  await sql.unsafe(`drop database if exists ${draft} with (force)`)
  await sql.unsafe(`create database ${draft}`)
  const database = await open(urlOf(draft), 'public')
  await migrate(database)
  await database.close()
  await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${draft}`
  // Renamed only when it is whole: a test run that was killed leaves a draft.
  await sql.unsafe(`alter database ${draft} rename to ${name}`)
}

let admin: postgres.Sql | undefined
let socket: Socket | undefined
let waiting = 0

async function connectToServer(): Promise<Socket> {
  const { hostname, port } = new URL(serverUrl())
  const opened = connect(Number(port), hostname)
  await once(opened, 'connect')
  socket = opened
  return opened
}

/** On one connection a process, since each costs 25 ms. It keeps the process alive only while something is asked for. */
async function onServer<Result>(work: (sql: postgres.Sql) => Promise<Result>): Promise<Result> {
  waiting += 1
  socket?.ref()
  try {
    admin ??= postgres(serverUrl(), {
      max: 1,
      fetch_types: false,
      onnotice: () => {},
      // Never for its age: the template is made under a lock of this session.
      max_lifetime: null,
      // Not among the types of postgres.js, but in its README.
      socket: connectToServer,
    } as postgres.Options<Record<string, never>>)
    return await work(admin)
  } finally {
    waiting -= 1
    if (waiting === 0) socket?.unref()
  }
}
