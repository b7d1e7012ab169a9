import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { createFolder, linkDependencies, runCli } from './cli-process.ts'

const config = (body: string): Record<string, string> => ({
  'pawl.config.ts': `import { defineConfig, hook } from 'pawl'\nexport default defineConfig(${body} as never)\n`,
})

const CLEAN = `{
  hooks: { stats: hook({ run() {} }), move: hook({ atomic: true, run() {} }) },
  jobs: { often: { hook: 'stats', interval: 60 } },
  on_restart() {},
}`

async function refuses(t: TestContext, files: Record<string, string>, args: string[], err: string[]) {
  const result = await runCli(t, createFolder(t, files), args)
  assert.deepEqual({ ...result, err: result.err.split('\n').slice(0, -1) }, { code: 2, out: '', err })
}

describe('bad input is told and exits with 2', { concurrency: 2 }, () => {
  test('no config', (t) =>
    refuses(
      t,
      {},
      ['run'],
      [
        'error: there is no config in <folder>: looked for pawl.config.ts, pawl.config.mts, pawl.config.js, pawl.config.mjs, pawl.yaml, pawl.yml, dipdup.yaml, dipdup.yml',
        'A config is a module such as pawl.config.ts:',
        '',
        "  import { defineConfig, hook } from 'pawl'",
        '',
        '  export default defineConfig({',
        "    hooks: { hello: hook({ run: (ctx) => ctx.logger.info('hello') }) },",
        "    jobs: { every_minute: { hook: 'hello', interval: 60 } },",
        '  })',
        '',
        'or a pawl.yaml, whose hooks are files that "pawl init" begins for you:',
        '',
        '  hooks:',
        '    hello:',
        '      callback: hello',
        '  jobs:',
        '    every_minute:',
        '      hook: hello',
        '      interval: 60',
      ],
    ))

  test('a named config that is not there', async (t) => {
    const { code, err } = await runCli(t, createFolder(t, {}), ['run', '--config', 'other.ts'])
    assert.equal(code, 2)
    assert.match(err, /^error: there is no config file <folder>\/other\.ts\n/)
  })

  test('a config that throws', (t) =>
    refuses(
      t,
      { 'pawl.config.mjs': "\nthrow new TypeError('no PRICE_URL')\n" },
      ['run'],
      ['error: <folder>/pawl.config.mjs:2 could not be loaded', '  caused by: TypeError: no PRICE_URL'],
    ))

  test('a config that exports none', (t) =>
    refuses(
      t,
      { 'pawl.config.ts': 'export const conf = 3' },
      ['run'],
      [
        'error: <folder>/pawl.config.ts exports no config: it exports conf, and neither "default" nor "config"',
        'Write: export default defineConfig({ … })',
      ],
    ))

  test('everything wrong in a config, at once', (t) =>
    refuses(
      t,
      config(`{
        database: 'postgres://user:s3cret@host:port/db',
        hoks: {},
        hooks: { stats: hook({ run() {} }), on_restart: hook({ run() {} }) },
        jobs: {
          a: { hook: 'stat', interval: 60 },
          b: { hook: 'stats', interval: 60, daemon: true },
          c: { hook: 'stats', crontab: '0 25 * * *' },
        },
      }`),
      ['run'],
      [
        'error: the config has 6 mistakes',
        '  hoks: unknown key – did you mean "hooks"?',
        '  database: cannot be parsed; expected postgres://<user>:<password>@<host>:5432/<name>, with special characters of the password percent-encoded (@ is %40, # is %23, / is %2F, : is %3A)',
        '  hooks.on_restart: "on_restart" is reserved: Pawl fires it on a lifecycle event. Write it as a key of the config itself, beside "hooks": on_restart: async (ctx) => { … }',
        '  jobs.a.hook: there is no hook "stat" – did you mean "stats"?',
        '  jobs.b: a job has exactly one of crontab, interval and daemon; this one has interval and daemon',
        '  jobs.c.crontab: hour "25" is out of range: it takes 0 to 23',
        'in <folder>/pawl.config.ts',
      ],
    ))

  test('an unknown command', (t) =>
    refuses(t, {}, ['rnu'], ["error: unknown command 'rnu'", '(Did you mean run?)']))

  test('an unknown option', (t) =>
    refuses(t, {}, ['run', '--cofig', 'x'], ["error: unknown option '--cofig'", '(Did you mean --config?)']))

  test('an option without its value', (t) =>
    refuses(t, {}, ['run', '--config'], ["error: option '--config <file>' argument missing"]))

  test('an argument too many', (t) =>
    refuses(t, {}, ['run', 'it'], ["error: too many arguments for 'run'. Expected 0 arguments but got 1."]))

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
      [
        2,
        "error: option '--count <number>' argument '0' is invalid. Write a whole number from 1 to 10000.\n",
      ],
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
