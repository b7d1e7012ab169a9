import assert from 'node:assert/strict'
import { chmodSync, existsSync } from 'node:fs'
import { describe, test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { createTestDatabase } from '../support/test-database.ts'
import { CLI_MAIN, createFolder, startCli } from './cli-process.ts'

const NO_FULL_DEVICE = !existsSync('/dev/full')

const CONFIG = `import { defineConfig, hook } from 'pawl'
export default defineConfig({
  database: process.env.DATABASE_URL,
  hooks: { wait: hook({ run: (ctx) => new Promise((resolve) => {
    ctx.logger.info('waiting')
    ctx.signal.addEventListener('abort', () => resolve())
  }) }) },
  jobs: { wait: { hook: 'wait', daemon: true } },
})
`

async function start(t: TestContext, args: readonly string[] = []) {
  const { url } = await createTestDatabase(t)
  const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
  return startCli(t, folder, ['run', ...args], { DATABASE_URL: url })
}

/** Root's server runs as another user, who has to get to it. */
function openFolder(t: TestContext): string {
  const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
  chmodSync(folder, 0o755)
  return folder
}

describe('pawl run', { concurrency: 2 }, () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`stops cleanly at ${signal}`, async (t) => {
      const cli = await start(t)
      await cli.prints(/● synchronized/)
      cli.kill(signal)
      const result = await cli.ended
      assert.equal(result.code, code, result.err)
      assert.match(result.out, /stopping: .*\n/)
      assert.match(result.out, /● stopped\n$/)
      assert.equal(result.err, '')
    })
  }

  test('prints JSON lines only, when asked to', async (t) => {
    const cli = await start(t, ['--json'])
    await cli.prints(/"synchronized"/)
    cli.kill('SIGTERM')
    const { code, out } = await cli.ended
    assert.equal(code, 143)
    for (const line of out.trimEnd().split('\n')) assert.equal(typeof JSON.parse(line), 'object')
  })

  test('says that it makes a PostgreSQL, which takes seconds', async (t) => {
    const folder = openFolder(t)
    const making = /^\d\d:\d\d:\d\d · making a PostgreSQL of Pawl's own in \S+: some seconds, once\n/
    // What a command answers is for whoever reads its output.
    const fired = await startCli(t, folder, ['hooks', 'fire', 'wait', '--json']).ended
    assert.match(fired.err, making)
    assert.equal(fired.err.replace(making, ''), '')
    assert.equal(typeof JSON.parse(fired.out), 'object')

    const again = startCli(t, folder, ['run'])
    await again.prints(/● synchronized/)
    again.kill('SIGINT')
    assert.doesNotMatch((await again.ended).out, /making/)

    const run = startCli(t, openFolder(t), ['run'])
    await run.prints(/● synchronized/)
    run.kill('SIGINT')
    const { out, err } = await run.ended
    assert.match(out, making)
    assert.equal(err, '')
  })

  test('stops when nobody reads it any more', async (t) => {
    const cli = await start(t)
    await cli.prints(/● synchronized/)
    cli.closeOutput()
    cli.kill('SIGINT')
    assert.equal((await cli.ended).code, 130)
  })
  test('an error that nobody waits for is told without its secrets, and ends it in order', async (t) => {
    const { url } = await createTestDatabase(t)
    const folder = createFolder(t, {
      'pawl.config.ts': `import { defineConfig } from 'pawl'
export default defineConfig({
  database: process.env.DATABASE_URL,
  on_synchronized: () => void Promise.reject(new Error('no answer of postgres://me:s3cret@h/x')),
})
`,
    })
    const { code, out, err } = await startCli(t, folder, ['run'], { DATABASE_URL: url }).ended
    assert.equal(
      err,
      'error: something failed that nobody waits for: a promise without "await", say, or a timer (at <folder>/pawl.config.ts:4)\n' +
        '  caused by: no answer of postgres://me:***@h/x\n',
    )
    assert.match(out, /● stopping\n[^]*● stopped\n$/)
    assert.equal(code, 1)
  })

  test(
    'an output that takes nothing more is told, and ends it in order',
    { skip: NO_FULL_DEVICE },
    async (t) => {
      const { url } = await createTestDatabase(t)
      const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
      const { code, err } = await startCli(t, folder, [], { DATABASE_URL: url }, [
        'sh',
        '-c',
        `exec ${process.execPath} ${CLI_MAIN} run > /dev/full`,
      ]).ended
      assert.equal(
        err,
        'error: the output cannot be written\n  caused by: ENOSPC: no space left on device, write\n',
      )
      assert.equal(code, 1)
      const sql = postgres(url, { max: 1 })
      assert.equal((await sql`select from pawl.lease`).length, 0)
      await sql.end()
    },
  )

  test('a wait for what is not printed ends, and tells what was', async (t) => {
    const cli = await start(t)
    await cli.prints(/● synchronized/)
    await assert.rejects(
      cli.prints(/never/, 1),
      /did not print \/never\/ within 1 ms, but: [^]*● synchronized/,
    )
  })
})
