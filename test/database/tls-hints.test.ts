import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startPostgres, type EmbeddedPostgres } from '../../src/database/embedded/start-postgres.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { DatabaseUnavailableError } from '../../src/errors.ts'
import { silentLogger } from '../../src/logger.ts'
import { createTestDatabase } from '../support/test-database.ts'

const REQUIRE = ['req', '-new', '-x509', '-days', '2', '-nodes', '-subj', '/CN=localhost']

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}

async function hintOf(url: string): Promise<{ readonly hint: string; readonly retriable: boolean }> {
  const opened = await openDatabase({ url, directory: '', schema: 'public', logger: silentLogger }).catch(
    (error: unknown) => error,
  )
  if (!(opened instanceof DatabaseUnavailableError)) {
    await (opened as Awaited<ReturnType<typeof openDatabase>>).close()
    return { hint: 'none: it can be used', retriable: false }
  }
  return { hint: opened.hint ?? '', retriable: opened.retriable }
}

describe('a server with a certificate that it signed itself', { skip: !hasOpenssl() && 'no openssl' }, () => {
  let directory: string
  let server: EmbeddedPostgres

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'pawl-tls-'))
    chmodSync(directory, 0o755)
    const [key, certificate, hba] = ['key', 'crt', 'hba'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ]
    execFileSync('openssl', [...REQUIRE, '-out', certificate, '-keyout', key], { stdio: 'ignore' })
    chmodSync(key, 0o600)
    // As the server, which is not root's.
    if (process.getuid?.() === 0) chownSync(key, 65_534, 65_534)
    writeFileSync(hba, 'hostssl all all 127.0.0.1/32 scram-sha-256\n')
    server = await startPostgres({
      directory: join(directory, 'data'),
      durable: false,
      settings: ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`, `hba_file=${hba}`],
    })
  })
  after(async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  for (const [query, hint] of [
    ['', /lets nobody in without TLS: write \?sslmode=require/],
    ['?sslmode=require', /^none: it can be used$/],
    ['?sslmode=verify-full', /NODE_EXTRA_CA_CERTS; or write \?sslmode=require/],
    ['?sslmode=require&sslrootcert=/a/file', /sslrootcert takes no file here/],
  ] as const) {
    test(`is told by what would be right: ${query || 'no sslmode'}`, async () => {
      const told = await hintOf(`${server.url}${query}`)
      assert.match(told.hint, hint)
      // Wrong in every run.
      assert.equal(told.retriable, false)
    })
  }
})

test('a server without TLS is told where it is required', async (t) => {
  const { url } = await createTestDatabase(t)
  assert.match((await hintOf(`${url}?sslmode=require`)).hint, /may speak no TLS: leave sslmode out/)
})
