import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dataFolder } from '../../src/database/embedded/data-folder.ts'
import { launch } from '../../src/database/embedded/launch-postgres.ts'
import { platformPackage, postgresBinaries } from '../../src/database/embedded/postgres-binaries.ts'
import { startPostgres } from '../../src/database/embedded/start-postgres.ts'
import { DatabaseUnavailableError } from '../../src/errors.ts'

// Stands for a PostgreSQL that does not heed signals yet. Ends by itself, so that it is not left behind.
const DEAF_AT_FIRST = `#!${process.execPath}
let heard = 0
process.on('SIGINT', () => {
  if (++heard < 3) return
  require('node:fs').writeFileSync('stopped', '')
  process.exit()
})
setTimeout(() => process.exit(1), 5000)
console.error('ready to accept connections')
`

const skip = process.platform === 'win32'

test('a server that misses the first signals is still stopped', { skip }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'pawl-launch-'))
  t.after(() => rmSync(data, { recursive: true }))
  const program = join(data, 'postgres.cjs')
  writeFileSync(program, DEAF_AT_FIRST, { mode: 0o755 })
  const server = await launch({ program, control: program, data, user: undefined, settings: [] })
  await server.stop()
  assert.ok(existsSync(join(data, 'stopped')))
})

test(
  'a server that nobody watches over any more is ended, and another takes its folder',
  { skip },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'pawl-stray-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    // Root's server runs as another user, who has to get to it.
    chmodSync(directory, 0o755)
    await (await startPostgres({ directory })).stop()

    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
    const data = dataFolder(directory, user)
    const program = join(
      postgresBinaries(platformPackage, { otherUser: user !== undefined }),
      'bin',
      'postgres',
    )
    const settings = ['port=1', 'listen_addresses=', `unix_socket_directories=${data}`]
    const stray = spawn(program, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...user,
      cwd: data,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    t.after(() => stray.kill('SIGKILL'))
    const gone = once(stray, 'exit')
    for await (const chunk of stray.stderr) if (String(chunk).includes('ready to accept')) break

    const server = await startPostgres({ directory })
    assert.deepEqual(await gone, [0, null])
    await server.stop()
  },
)

test('data whose password was removed is told as that', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-no-password-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  chmodSync(directory, 0o755)
  await (await startPostgres({ directory, durable: false })).stop()
  const password = join(directory, 'password')
  const kept = readFileSync(password)
  rmSync(password)
  await assert.rejects(startPostgres({ directory }), (error) => {
    assert.ok(error instanceof DatabaseUnavailableError)
    assert.equal(
      error.message,
      `the data of ${directory} is in ${join(directory, 'postgres')}, and ${password} is gone`,
    )
    assert.equal(error.retriable, false)
    return true
  })
  writeFileSync(password, kept)
  await (await startPostgres({ directory })).stop()
})
