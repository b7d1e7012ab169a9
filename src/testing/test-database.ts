import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import type { Sql } from '../database/database.ts'
import { checkOptions, TEXT } from '../config/check-options.ts'
import { startPostgres, type EmbeddedPostgres } from '../database/embedded/start-postgres.ts'

/** A database of a test's own. */
export interface TestDatabase {
  /** For the config's `database`. */
  readonly url: string
  /** For looking at what is in it: one connection, as `ctx.sql` has its types. */
  readonly sql: Sql
  /** Drops it, whoever is still connected. With the last one of this process its server ends, too. Idempotent. */
  drop(): Promise<void>
}

interface Server {
  readonly url: string
  stop(): Promise<void>
}

let server: Promise<Server> | undefined
let open = 0

/**
 * An empty, throw-away database on a real PostgreSQL, which is started for this process with the first of them, in a folder for
 * temporary files and without writing through to the disk: about a second; each further database some 50 ms.
 *
 * `PAWL_TEST_SERVER` (or `server`) names a server that runs already, as `postgres://user:password@host/postgres`: then databases
 * are made and dropped there.
 *
 * @throws DatabaseUnavailableError
 *
 * @example
 * const database = await testDatabase()
 * t.after(() => database.drop())
 */
export async function testDatabase(options: { readonly server?: string } = {}): Promise<TestDatabase> {
  checkOptions('testDatabase', options, { server: TEXT })
  const given = options.server ?? process.env['PAWL_TEST_SERVER']
  const own = given === undefined
  if (own) {
    open += 1
    server ??= startServer()
  }
  const { url: serverUrl } = own && server !== undefined ? await server : { url: given ?? '' }
  const name = `pawl_test_${randomUUID().replaceAll('-', '')}`
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await administer(serverUrl, `create database ${name}`)
  const sql = postgres(url.href, {
    max: 1,
    types: { bigint: postgres.BigInt },
    onnotice: () => {},
    connection: { application_name: 'test' },
  }) as unknown as Sql & postgres.Sql
  const drop = async (): Promise<void> => {
    await sql.end({ timeout: 0 })
    await administer(serverUrl, `drop database if exists ${name} with (force)`)
    if (!own) return
    open -= 1
    const last = open === 0 ? server : undefined
    if (last !== undefined) server = undefined
    await (await last)?.stop()
  }
  let dropping: Promise<void> | undefined
  return { url: url.href, sql, drop: () => (dropping ??= drop()) }
}

async function startServer(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-test-'))
  // Root's server runs as another user, who has to get to it.
  chmodSync(directory, 0o755)
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  let postgresql: EmbeddedPostgres
  try {
    postgresql = await startPostgres({ directory, durable: false, settings: ['max_connections=200'] })
  } catch (error) {
    remove()
    throw error
  }
  // The server ends with this process; its folder would stay.
  process.once('exit', remove)
  return {
    url: postgresql.url,
    stop: async () => {
      process.off('exit', remove)
      await postgresql.stop()
      remove()
    },
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  try {
    await sql.unsafe(statement)
  } finally {
    await sql.end()
  }
}
