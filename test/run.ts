// Runs the tests: `node dist/test/run.js [files, or parts of their names…]`. Starts one throw-away PostgreSQL for all of them.
// PAWL_TEST_POSTGRES=14 takes the oldest that Pawl supports; PAWL_TEST_SERVER=postgres://… takes one that runs already.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../src/database/embedded/start-postgres.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const parts = process.argv.slice(2)
// Expanded here: a directory or a quoted glob means different things to different Nodes.
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .map((file) => join(folder, file))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .toSorted()
if (files.length === 0) {
  console.error(`no test file has ${parts.map((part) => `"${part}"`).join(' or ')} in its name`)
  process.exit(2)
}

const server = process.env['PAWL_TEST_SERVER'] === undefined ? await startServer() : undefined
const child = spawn(
  process.execPath,
  [
    '--test',
    // Node's default is one less than the cores; these tests mostly wait for PostgreSQL.
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    '--enable-source-maps',
    '--conditions=development',
    '--test-reporter=spec',
    ...files,
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, ...(server === undefined ? {} : { PAWL_TEST_SERVER: server.url }) },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.once('exit', (code) => {
  process.exitCode = code ?? 1
  void server?.stop()
})

async function startServer() {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-test-'))
  // Root's server runs as another user, who has to get to it: else the data would be elsewhere, and stay.
  chmodSync(directory, 0o755)
  const old = process.env['PAWL_TEST_POSTGRES'] === '14'
  const { url, stop } = await startPostgres({
    directory,
    durable: false,
    settings: ['max_connections=300'],
    ...(old ? { packageName: `postgres-14-${process.platform}-${process.arch}` } : {}),
  })
  return {
    url,
    stop: async () => {
      await stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
