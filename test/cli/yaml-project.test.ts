import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { loadYamlConfig } from '../../src/cli/load-yaml-config.ts'
import { createFolder, runCli } from './cli-process.ts'
import { DIPDUP_EXAMPLE } from './dipdup-example.ts'

async function check(t: TestContext, files: Record<string, string>, env: NodeJS.ProcessEnv = {}) {
  const { code, out, err } = await runCli(t, createFolder(t, files), ['config', 'check'], env)
  return { code, lines: (code === 0 ? out : err).trimEnd().split('\n') }
}

const STATS = 'export const calculate_stats = () => {}'

describe('a project of a YAML config', { concurrency: 2 }, () => {
  test("DipDup's example loads as it stands, with a warning for each argument that is left out", async (t) => {
    const { code, lines } = await check(t, {
      'dipdup.yaml': DIPDUP_EXAMPLE,
      'hooks/calculate_stats.ts': STATS,
    })
    assert.equal(code, 0)
    const depth = 'argument "depth" is missing, expected int; each firing of the job will fail'
    assert.deepEqual(lines, [
      '✓ <folder>/dipdup.yaml: 0 indexes, 1 hook, 3 jobs',
      `warning: dipdup.yaml:16:5: jobs.midnight_stats.args.depth: ${depth}`,
      `warning: dipdup.yaml:21:5: jobs.minute_stats.args.depth: ${depth}`,
      'warning: dipdup.yaml:23:3: jobs.daemon_stats.args.major: argument "major" is missing, expected bool; each firing of the job will fail',
      `warning: dipdup.yaml:23:3: jobs.daemon_stats.args.depth: ${depth}`,
    ])
  })

  test('on_reverted is exported beside its hook', async (t) => {
    const project = { 'pawl.yaml': 'hooks:\n  announce: {}\n' }
    const code = 'export const announce = () => {}\n'
    const right = createFolder(t, {
      ...project,
      'hooks/announce.ts': `${code}export const on_reverted = () => 'undone'`,
    })
    const { config } = await loadYamlConfig(join(right, 'pawl.yaml'))
    assert.equal(config.hooks?.['announce']?.onReverted?.({} as never, {}), 'undone')
    const wrong = await check(t, { ...project, 'hooks/announce.ts': `${code}export const on_reverted = 1` })
    assert.equal(wrong.code, 2)
    assert.match(wrong.lines.join('\n'), /hooks\/announce\.ts: its "on_reverted" is 1, expected a function/)
  })

  test('everything wrong with file and code is told at once, in the order of the file', async (t) => {
    const { code, lines } = await check(t, {
      'pawl.yaml': `hooks:
  absent: {}
  throws:
    callback: stats.throws
  other: { callback: stats.other, atomic: maybe }
  value: {}
  broken: {}
jobs:
  often:
    hook: value
    interval: 0
    retry: { attempts: 3, max_delays: 5 }
  sometimes: { hook: valu, crontab: "0 25 * * *" }
database:
  kind: postgres
  host: h
  schema_name: pg_x
  immune_tables: [1]
advanced:
  scheduler: { apscheduler.job_defaults.max_instances: 0 }
  timezone: Mars
`,
      'hooks/stats/throws.ts': "\nthrow new TypeError('no PRICE_URL')",
      'hooks/stats/other.ts': 'export const run = () => {}\nexport const stop = 1',
      'hooks/value.mjs': 'export const value = 3',
      'hooks/broken.ts': 'export const broken: = {',
      'hooks/on_restart.ts': 'export default () => {}',
      'indexes.ts': 'export const { indexes } = { indexes: { a: {} } }',
    })
    assert.equal(code, 2)
    const [first, ...issues] = lines
    assert.equal(first, 'error: the config has 17 mistakes')
    const expected = [
      /^pawl.yaml:2:3: hooks.absent: there is no hooks\/absent.ts: "pawl init" begins one that exports absent$/,
      /^pawl.yaml:4:15: hooks.throws.callback: <folder>\/hooks\/stats\/throws.ts:2 could not be loaded: TypeError: no PRICE_URL$/,
      /^pawl.yaml:5:22: hooks.other.callback: hooks\/stats\/other.ts exports no function "other": it exports run, stop. Write: export const other: HookCallback<'other'> = async \(ctx\) => { … }$/,
      /^pawl.yaml:5:43: hooks.other.atomic: expected true or false, got "maybe"$/,
      /^pawl.yaml:6:3: hooks.value: hooks\/value.mjs exports no function "value": its "value" is 3/,
      /^pawl.yaml:7:3: hooks.broken: <folder>\/hooks\/broken.ts:1 could not be loaded: [^\n]+$/,
      /^pawl.yaml:11:15: jobs.often.interval: 0 is no interval/,
      /^pawl.yaml:12:39: jobs.often.retry.max_delays: unknown key – did you mean "max_delay"\?$/,
      /^pawl.yaml:13:22: jobs.sometimes.hook: there is no hook "valu" – did you mean "value"\?$/,
      /^pawl.yaml:13:37: jobs.sometimes.crontab: .*25/,
      /^pawl.yaml:17:16: database.schema_name: "pg_x" belongs to PostgreSQL/,
      /^pawl.yaml:18:3: database.immune_tables\[0\]: expected the name of a table, got 1$/,
      /^pawl.yaml:20:56: advanced.scheduler.apscheduler.job_defaults.max_instances: expected a whole number of 1 or more, got 0$/,
      /^pawl.yaml:21:13: advanced.timezone: expected an IANA time zone such as "Europe\/Berlin", got "Mars"$/,
      /^hooks\/on_restart.ts exports no function "on_restart": it exports default/,
      /^indexes.a.datasource: expected a datasource/,
      /^indexes.a.handler: expected a function/,
    ]
    for (const pattern of expected)
      assert.ok(
        issues.some((issue) => pattern.test(issue.trim())),
        `${pattern}\n${issues.join('\n')}`,
      )
  })

  test('its hooks are listed with the types of the file', async (t) => {
    const folder = createFolder(t, {
      'pawl.yaml':
        'hooks: { calculate_stats: { atomic: true, args: { major: bool, at: "datetime.datetime | None" } } }',
      'hooks/calculate_stats.js': STATS,
      'hooks/on_restart.mts': 'export const on_restart = () => {}',
    })
    const { code, out } = await runCli(t, folder, ['hooks', 'list', '--json'])
    assert.equal(code, 0)
    assert.deepEqual(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
      [
        { name: 'on_restart', kind: 'system', args: {}, firedBy: ['the lifecycle'] },
        {
          name: 'calculate_stats',
          kind: 'atomic',
          args: { major: 'bool', at: 'datetime.datetime | None' },
          firedBy: [],
        },
      ],
    )
  })

  test('a config of Pawl counts before one of DipDup, and two of Pawl do not', async (t) => {
    const files = { 'dipdup.yaml': 'hooks: [', 'pawl.yml': 'hooks: {}' }
    assert.match((await check(t, files)).lines[0] ?? '', /^✓ <folder>\/pawl.yml/)
    const two = await check(t, { ...files, 'pawl.config.ts': 'export default {}' })
    assert.equal(two.code, 2)
    assert.deepEqual(two.lines, [
      'error: there are two configs: <folder>/pawl.config.ts and <folder>/pawl.yml',
      'Take one away, or name the one that counts: --config <file>',
    ])
  })

  test('a password of the environment is in no message', async (t) => {
    const { lines } = await check(
      t,
      { 'pawl.yaml': 'database: ${DATABASE_URL}\nhooks: 3\njobs: { j: { hook: "${SECRET}", interval: 1 } }' },
      { DATABASE_URL: 'mysql://me:s3cret@h/d', SECRET: 'x' },
    )
    assert.match(lines.join('\n'), /pawl.yaml:1:11: database: the scheme is "mysql"/)
    assert.doesNotMatch(lines.join('\n'), /s3cret/)
  })
})
