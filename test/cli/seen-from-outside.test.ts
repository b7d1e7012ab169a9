import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createTestDatabase } from '../support/test-database.ts'
import { createFolder, linkDependencies, runCli, startCli } from './cli-process.ts'

const CONFIG = `import { defineConfig, hook } from 'pawl'
import { simulateChain } from 'pawl/testing'
import * as v from 'valibot'
export default defineConfig({
  database: process.env.DATABASE_URL,
  schemaVersion: process.env.SCHEMA_VERSION ?? '1',
  indexes: { blocks: { datasource: simulateChain({ seed: 1, length: 30, finality: 10 }).datasource(), handler() {} } },
  hooks: {
    greet: hook({ args: { name: v.string() }, run: (ctx, { name }) => ctx.logger.info('hello ' + name) }),
    tip: hook({ args: { wei: v.bigint() }, run: (ctx, { wei }) => ctx.logger.info('tip of ' + wei) }),
  },
  jobs: { yearly: { hook: 'greet', crontab: '@yearly', args: { name: 'year' } } },
})
`

test(
  'doctor, status and hooks fire tell the same project before, while and after it runs',
  { timeout: 240_000 },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
    linkDependencies(folder)
    const env = { DATABASE_URL: url, NO_COLOR: '1' }
    const cli = (...args: string[]) => runCli(t, folder, args, env)

    const before = await cli('doctor')
    assert.equal(before.code, 0, before.err)
    assert.match(
      before.out,
      /^✓ node: Node \S+\n✓ config: .*: 1 index, 2 hooks, 1 job\n✓ index blocks: .*head 29\n✓ database: postgres:\/\/.*: PostgreSQL \d+\.\d+\n✓ rights: .* may make what Pawl needs\n✓ start: first start: .*\n$/,
    )
    // It has changed nothing.
    assert.equal((await cli('doctor')).out, before.out)

    const run = startCli(t, folder, ['run'], env)
    await run.prints(/● synchronized/)
    const status = JSON.parse((await cli('status', '--json')).out) as {
      running: boolean
      indexes: readonly { name: string; level: number }[]
    }
    assert.equal(status.running, true)
    assert.deepEqual(
      status.indexes.map(({ name, level }) => [name, level]),
      [['blocks', 29]],
    )
    assert.match(
      (await cli('status')).out,
      /: running\nprocess \S+: at work .*\nindex +level +last block +state\nblocks +29 /,
    )
    const fired = await cli('hooks', 'fire', 'greet', '--args', '{"name": "Ada"}', '--key', 'one')
    assert.match(fired.out, /^queued firing \S+ of hook greet\n$/)
    await run.prints(/hello Ada/)
    const again = await cli('hooks', 'fire', 'greet', '--args', '{"name": "Ada"}', '--key', 'one', '--json')
    assert.deepEqual(JSON.parse(again.out), { firing: null, hook: 'greet', duplicate: true })
    await cli(
      'hooks',
      'fire',
      'tip',
      '--args',
      '{"wei": {"$pawl": "bigint", "value": "1000000000000000000"}}',
    )
    await run.prints(/tip of 1000000000000000000/)
    run.kill('SIGTERM')
    await run.ended

    for (const [args, message] of [
      [['greet', '--args', '{"name": 1}'], /greet.*name.*string/is],
      [['greet', '--args', '{name}'], /It is no JSON/],
      [
        ['tip', '--args', '{"wei": {"$pawl": "bigint", "value": "ten"}}'],
        /"\$pawl": "bigint" \} has a value that is a whole number as a text, such as "1000", got "ten"/,
      ],
      [
        ['tip', '--args', '{"wei": {"$pawl": "bigin", "value": "1"}}'],
        /there is no \{ "\$pawl": "bigin" \}; there are/,
      ],
      [['gret'], /did you mean "greet"/],
    ] as const) {
      const wrong = await cli('hooks', 'fire', ...args)
      assert.equal(wrong.code, 2)
      assert.match(wrong.err, message)
    }
    const stopped = await cli('status')
    assert.match(
      stopped.out,
      /: not running\n(.*\n)*blocks +29 .* stopped\nqueue: empty\njobs: 1 active, 0 paused\n$/,
    )
    assert.match((await cli('doctor')).out, /✓ drift: .*\n✓ start: would go on with blocks after level 29\n$/)
    const drifted = await runCli(t, folder, ['doctor'], { ...env, SCHEMA_VERSION: '2' })
    assert.equal(drifted.code, 1)
    assert.match(
      drifted.out,
      /✗ drift: schema_modified: .*\n {4}A start would stop here: `pawl schema approve`/,
    )
  },
)

test('doctor says what is wrong, and what to do about it', { timeout: 120_000 }, async (t) => {
  const folder = createFolder(t, { 'pawl.config.ts': 'export default { jobs: { a: { hook: "nope" } } }' })
  const wrong = await runCli(t, folder, ['doctor'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.out, /✗ config: /)
  const down = createFolder(t, {
    'pawl.config.ts': "export default { database: 'postgres://nobody:s3cret@127.0.0.1:1/none', hooks: {} }",
  })
  const answer = await runCli(t, down, ['doctor', '--json'])
  assert.equal(answer.code, 1)
  const findings = answer.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { check: string; state: string })
  assert.equal(findings.at(-1)?.check, 'database')
  assert.equal(findings.at(-1)?.state, 'bad')
  assert.ok(!answer.out.includes('s3cret'))
})

test(
  'doctor finds another chain, and a port that is taken, where a start would',
  { timeout: 120_000 },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    t.after(() => taken.close())
    const { port } = taken.address() as AddressInfo
    const folder = createFolder(t, {
      'pawl.config.ts': `import { defineConfig } from 'pawl'
import { simulateChain } from 'pawl/testing'
const { SEED = '1', PORT } = process.env
export default defineConfig({
  database: process.env.DATABASE_URL,
  ...(PORT ? { monitoring: { port: Number(PORT) } } : {}),
  indexes: { blocks: { datasource: simulateChain({ seed: SEED, length: 3 }).datasource(), handler() {} } },
})
`,
    })
    const first = startCli(t, folder, ['run'], { DATABASE_URL: url })
    await first.prints(/● synchronized/)
    first.kill('SIGTERM')
    await first.ended
    const other = { DATABASE_URL: url, SEED: '2', PORT: String(port) }
    const { code, out } = await runCli(t, folder, ['doctor'], other)
    assert.equal(code, 1)
    assert.match(
      out,
      /^✗ index blocks: was indexed from chain simulated:1, and its datasource serves chain simulated:2$/m,
    )
    assert.match(out, new RegExp(`^✗ port ${port}: monitoring.port`, 'm'))
    assert.equal((await runCli(t, folder, ['doctor'], { DATABASE_URL: url })).code, 0)
  },
)

test('diagrams prints what the package has', async (t) => {
  const folder = createFolder(t, {})
  const svg = await runCli(t, folder, ['diagrams', 'indexer', '--format', 'svg'])
  assert.equal(svg.out, readFileSync(new URL('../../../diagrams/indexer.svg', import.meta.url), 'utf8'))
  assert.match((await runCli(t, folder, ['diagrams'])).out, /^hooks\nindex\nindexer\n/)
  const unknown = await runCli(t, folder, ['diagrams', 'indxer'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.err, /did you mean "indexer"/)
})

test('the completion of bash completes commands and options', async (t) => {
  const folder = createFolder(t, {})
  const { out: script } = await runCli(t, folder, ['completion', 'bash'])
  const complete = (...words: string[]): string[] => {
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        `eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pawl; echo "\${COMPREPLY[@]}"`,
        'bash',
        script,
        ...words,
      ],
      { encoding: 'utf8' },
    )
    assert.equal(stderr, '')
    return stdout.trim().split(' ')
  }
  assert.deepEqual(complete('pawl', 'sch'), ['schema'])
  assert.deepEqual(complete('pawl', 'hooks', 're'), ['retry'])
  assert.deepEqual(complete('pawl', 'hooks', 'fire', 'greet', '--k'), ['--key'])
  assert.deepEqual(complete('pawl', 'completion', 'f'), ['fish'])
  for (const shell of ['zsh', 'fish']) {
    const { code, out } = await runCli(t, folder, ['completion', shell])
    assert.equal(code, 0)
    assert.match(out, /schema approve/)
  }
})
