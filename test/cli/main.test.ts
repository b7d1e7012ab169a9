import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { config, createFolder, linkDependencies, runCli } from './cli-process.ts'

const CLEAN = `{
  hooks: { stats: hook({ run() {} }), move: hook({ atomic: true, run() {} }) },
  jobs: { often: { hook: 'stats', interval: 60 } },
  on_restart() {},
}`

async function refuses(t: TestContext, files: Record<string, string>, args: string[], err: string[]) {
  const result = await runCli(t, createFolder(t, files), args)
  assert.deepEqual({ ...result, err: result.err.split('\n').slice(0, -1) }, { code: 2, out: '', err })
}

test('help of a command is what its --help says', async (t) => {
  const folder = createFolder(t, {})
  for (const names of [[], ['run'], ['hooks', 'fire']]) {
    const { code, out, err } = await runCli(t, folder, ['help', ...names])
    assert.deepEqual([code, err], [0, ''])
    assert.equal(out, (await runCli(t, folder, [...names, '--help'])).out)
  }
})

// What is wrong with configs: e2e/bad-input.test.ts.
describe('a bad command line is told and exits with 2', { concurrency: 2 }, () => {
  test('a named config that is not there', async (t) => {
    const { code, err } = await runCli(t, createFolder(t, {}), ['run', '--config', 'other.ts'])
    assert.equal(code, 2)
    assert.match(err, /^error: there is no config file <folder>\/other\.ts\n/)
  })

  test('an unknown command', (t) =>
    refuses(t, {}, ['rnu'], ["error: unknown command 'rnu'", '(Did you mean run?)', 'See: pawl --help']))

  test('help of a command that there is not', (t) =>
    refuses(t, {}, ['help', 'hooks', 'fier'], ["error: unknown command 'fier'", 'See: pawl hooks --help']))

  test('an unknown option', (t) =>
    refuses(
      t,
      {},
      ['run', '--cofig', 'x'],
      ["error: unknown option '--cofig'", '(Did you mean --config?)', 'See: pawl run --help'],
    ))

  test('an option without its value', (t) =>
    refuses(
      t,
      {},
      ['run', '--config'],
      ["error: option '--config <file>' argument missing", 'See: pawl run --help'],
    ))

  test('an argument too many', (t) =>
    refuses(
      t,
      {},
      ['run', 'it'],
      ["error: too many arguments for 'run'. Expected 0 arguments but got 1.", 'See: pawl run --help'],
    ))

  test('a crontab that cannot be read', async (t) => {
    const { code, out, err } = await runCli(t, createFolder(t, {}), ['cron', '0 25 * * *'])
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^error: .*hour.*25/)
  })

  test('a time zone that is none, a count that is none', async (t) => {
    const folder = createFolder(t, {})
    const zone = await runCli(t, folder, ['cron', '* * * * *', '--timezone', 'Mars'])
    assert.deepEqual(
      [zone.code, zone.err],
      [2, 'error: "Mars" is no IANA time zone: write one such as UTC or Europe/Berlin\n'],
    )
    const count = await runCli(t, folder, ['cron', '* * * * *', '--count', '0'])
    assert.deepEqual(
      [count.code, count.err],
      [2, "error: '0' does not fit --count. Write a whole number from 1 to 10000.\nSee: pawl cron --help\n"],
    )
  })

  test('no command', async (t) => {
    const { code, out, err } = await runCli(t, createFolder(t, {}), [])
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^Usage: pawl \[options\] \[command\]/)
  })
})

describe('what was asked for is printed', { concurrency: 2 }, () => {
  test('help and version', async (t) => {
    const folder = createFolder(t, {})
    const help = await runCli(t, folder, ['--help'])
    assert.deepEqual([help.code, help.err], [0, ''])
    assert.match(help.out, /run .*config .*hooks /s)
    assert.deepEqual(await runCli(t, folder, ['--version']), { code: 0, out: '0.1.0\n', err: '' })
  })

  test('a clean config', async (t) =>
    assert.deepEqual(await runCli(t, createFolder(t, config(CLEAN)), ['config', 'check']), {
      code: 0,
      out: '✓ <folder>/pawl.config.ts: 0 indexes, 2 hooks, 1 job\n',
      err: '',
    }))

  test('arguments that do not fit, as warnings', async (t) => {
    const folder = createFolder(
      t,
      config(`{
        hooks: { stats: hook({ args: { depth: (await import('valibot')).number() }, run() {} }) },
        jobs: { often: { hook: 'stats', interval: 60 } },
      }`),
    )
    linkDependencies(folder)
    const { code, out, err } = await runCli(t, folder, ['config', 'check'])
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /\nwarning: jobs\.often\.args\.depth: .*missing/)
    const json = await runCli(t, folder, ['config', 'check', '--json'])
    assert.deepEqual(Object.keys(JSON.parse(json.out) as object), [
      'file',
      'indexes',
      'hooks',
      'jobs',
      'warnings',
    ])
  })

  test('the hooks', async (t) => {
    const folder = createFolder(t, config(CLEAN))
    const { code, out } = await runCli(t, folder, ['hooks', 'list'])
    assert.equal(code, 0)
    assert.deepEqual(out.split('\n'), [
      'hook        kind        arguments  fired by',
      'on_restart  system      –          the lifecycle',
      'stats       not atomic  –          job often',
      'move        atomic      –          –',
      '',
    ])
    const json = await runCli(t, folder, ['hooks', 'list', '--json'])
    assert.deepEqual(JSON.parse(json.out.split('\n')[1] ?? ''), {
      name: 'stats',
      kind: 'not atomic',
      args: {},
      firedBy: ['job often'],
    })
  })

  test('the next fire times of a crontab, on the clock of its zone', async (t) => {
    const folder = createFolder(t, {})
    const args = [
      'cron',
      '30 2 * * *',
      '--timezone',
      'Europe/Berlin',
      '--from',
      '2026-03-27T12:00:00Z',
      '--count',
      '3',
    ]
    const { code, out } = await runCli(t, folder, args)
    assert.equal(code, 0)
    assert.deepEqual(out.split('\n'), [
      'at 02:30, every day (Europe/Berlin)',
      '  Sat 2026-03-28 02:30:00 GMT+01:00  in 13 h 30 min',
      '  Sun 2026-03-29 03:00:00 GMT+02:00  in 1 d 13 h',
      '  Mon 2026-03-30 02:30:00 GMT+02:00  in 2 d 13 h',
      '',
    ])
    const json = await runCli(t, folder, [...args, '--json'])
    assert.deepEqual(
      (JSON.parse(json.out) as { fireTimes: string[] }).fireTimes[1],
      '2026-03-29T01:00:00.000Z',
    )
  })

  test('a stack only for those who debug', async (t) => {
    const folder = createFolder(t, { 'pawl.config.mjs': "throw new TypeError('no PRICE_URL')\n" })
    for (const [args, env, stack] of [
      [['run'], {}, false],
      [['run', '--debug'], {}, true],
      [['run'], { PAWL_DEBUG: '1' }, true],
      [['run'], { PAWL_DEBUG: '0' }, false],
    ] as const)
      assert.equal(
        /\n +at /.test((await runCli(t, folder, args, env)).err),
        stack,
        `${args.join(' ')} ${JSON.stringify(env)}`,
      )
  })
})
