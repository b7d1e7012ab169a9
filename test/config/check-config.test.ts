import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { checkConfig } from '../../src/config/check-config.ts'
import { checkJobAlone } from '../../src/config/check-jobs.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { hook } from '../../src/hooks/hook.ts'

const datasource = {
  description: 'a source',
  head: () => Promise.reject(new Error('never asked')),
  blocks: () => Promise.resolve([]),
}
const index = { datasource, handler() {} }
const hooks = {
  stats: hook({ args: { major: v.boolean(), depth: v.optional(v.number(), 1) }, run() {} }),
  vacuum: hook({ run() {} }),
  move: hook({ atomic: true, run() {} }),
}

function wrong(config: unknown): string[] {
  try {
    checkConfig(config)
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error))
    return error.message.split('\n')
  }
  return []
}

const job = (options: object) => wrong({ hooks, jobs: { job: options } })

test('monitoring and the inspector have a port each', () => {
  const both = (monitoring: number, inspector?: number) =>
    wrong({ monitoring: { port: monitoring }, inspector: { port: inspector } })
  assert.deepEqual(both(9464, 9464), [
    'inspector.port: is the port of monitoring: choose another; the inspector answers /health, /ready and /metrics, too',
  ])
  assert.deepEqual([both(9464, 9465), both(0, 0), both(9464)], [[], [], []])
})

test('a whole config passes as it is', () => {
  const config = {
    database: 'postgres://user:secret@localhost:5432/name',
    schema: 'tokens',
    immuneTables: ['prices'],
    directory: tmpdir(),
    indexes: { transfers: { ...index, firstLevel: 0, lastLevel: 9, finality: 0 } },
    hooks,
    jobs: {
      nightly: { hook: 'stats', args: { major: true }, crontab: '0 0 * * *', timezone: 'Europe/Berlin' },
      often: { hook: 'vacuum', interval: '90s', maxInstances: 2, coalesce: false, misfireGraceTime: 0.5 },
      always: { hook: 'vacuum', daemon: true },
    },
    postponeJobs: true,
    timezone: 'UTC',
    on_restart() {},
    drainTimeout: 0,
  }
  const checked = checkConfig(config)
  assert.equal(checked.config, config)
  assert.deepEqual(checked.warnings, [])
  assert.deepEqual(wrong({}), [])
  assert.deepEqual(wrong({ indexes: {}, hooks: {}, jobs: {}, database: undefined }), [])
})

test('everything wrong is told at once, each with its path', () => {
  assert.deepEqual(
    wrong({
      hoks: {},
      postponeJobs: 'yes',
      indexes: { a: { ...index, firstLevel: -1 } },
      jobs: { b: { hook: 'c', interval: 0 } },
    }),
    [
      'hoks: unknown key – did you mean "hooks"?',
      'indexes.a.firstLevel: expected a level: a whole number of 0 or more, got -1',
      "jobs.b.interval: 0 is no interval: write seconds (1 or more), or '90s', '5m', '1h', '1d'",
      'jobs.b.hook: there is no hook "c"; none is defined under "hooks"',
      'postponeJobs: expected true or false, got "yes"',
    ],
  )
})

test('what is no object is no config', () => {
  assert.deepEqual(wrong(3), ['the config is no object but 3: expected defineConfig({ … })'])
  assert.deepEqual(wrong(Promise.resolve({})), [
    'the config is no object but a promise (await it): expected defineConfig({ … })',
  ])
})

test('an unknown key that resembles none lists those there are', () => {
  const [message] = wrong({ zzzzzz: 1 })
  assert.match(message ?? '', /^zzzzzz: unknown key; known are "database", "schema", .* and "clock"$/)
  assert.deepEqual(wrong({ onRestart() {} }), ['onRestart: unknown key – did you mean "on_restart"?'])
})

test('names of system hooks are reserved', () => {
  assert.deepEqual(wrong({ hooks: { on_reindex: hook({ run() {} }) } }), [
    'hooks.on_reindex: "on_reindex" is reserved: Pawl fires it on a lifecycle event. Write it as a key of the config itself, beside "hooks": on_reindex: async (ctx) => { … }',
  ])
  assert.deepEqual(job({ hook: 'on_restart', interval: 1 }), [
    'jobs.job.hook: "on_restart" fires on a lifecycle event only; a job fires one of your own hooks',
  ])
})

test('names are identifiers', () => {
  assert.deepEqual(
    wrong({ hooks: { 'my hook': hooks.vacuum, ['x'.repeat(64)]: hooks.vacuum, 'a.b-c': hooks.vacuum } }),
    [
      'hooks["my hook"]: the name of a hook begins with a letter or "_" and goes on with letters, digits, "_", "-" and single dots',
      `hooks.${'x'.repeat(64)}: the name of a hook has at most 63 characters, this one has 64`,
    ],
  )
  assert.deepEqual(wrong({ indexes: { '../a': index } }).length, 1)
})

test('a hook is made by hook()', () => {
  assert.deepEqual(
    wrong({ hooks: { a: { run() {} }, b() {}, c: hook({ args: { d: Number as never }, run() {} }) } }),
    [
      'hooks.a: is not made by hook({ … }): wrap it in hook(), which is imported from "pawl"',
      'hooks.b: expected hook({ run: async (ctx, args) => { … } }), got a function',
      'hooks.c.args.d: expected a valibot schema such as v.boolean(), got a function',
    ],
  )
})

test('a job fires a hook that there is', () => {
  assert.deepEqual(job({ hook: 'stat', interval: 1 }), [
    'jobs.job.hook: there is no hook "stat" – did you mean "stats"?',
  ])
  assert.deepEqual(job({ hook: 'refresh', interval: 1 }), [
    'jobs.job.hook: there is no hook "refresh"; defined are "stats", "vacuum" and "move"',
  ])
  assert.deepEqual(job({ hook: 'toString', interval: 1 }).length, 1)
  assert.deepEqual(job({ interval: 1 }), [
    'jobs.job.hook: expected the name of a hook to fire, but there is none',
  ])
})

test('a job has exactly one trigger', () => {
  assert.deepEqual(job({ hook: 'vacuum' }), [
    'jobs.job: a job has exactly one of crontab, interval and daemon; this one has none',
  ])
  assert.deepEqual(job({ hook: 'vacuum', interval: 1, crontab: '* * * * *' }), [
    'jobs.job: a job has exactly one of crontab, interval and daemon; this one has crontab and interval',
  ])
})

test('a trigger that cannot be used says why', () => {
  assert.deepEqual(job({ hook: 'vacuum', crontab: '0 0 * *' }), [
    'jobs.job.crontab: "0 0 * *" has 4 fields: write five (minute, hour, day of month, month, day of week), or six with the second first',
  ])
  assert.match(job({ hook: 'vacuum', crontab: '0 25 * * *' })[0] ?? '', /^jobs\.job\.crontab: .*25/)
  assert.equal(job({ hook: 'vacuum', crontab: '0 0 31 2 *' }).length, 1)
  assert.equal(job({ hook: 'vacuum', interval: '5 minutes' }).length, 1)
  assert.equal(job({ hook: 'vacuum', daemon: false }).length, 1)
  assert.equal(job({ hook: 'vacuum', crontab: '* * * * *', timezone: 'Europe/Bärlin' }).length, 1)
  assert.equal(job({ hook: 'vacuum', interval: 5, timezone: 'UTC' }).length, 1)
})

test('a daemon of an atomic hook is refused', () => {
  assert.deepEqual(job({ hook: 'move', daemon: true }), [
    'jobs.job.daemon: hook "move" is atomic, and a daemon never ends: its transaction would never commit. Set atomic: false in the hook, or give the job an interval',
  ])
})

test('arguments that do not fit are warnings, naming job and argument', () => {
  const { warnings } = checkConfig({
    hooks,
    jobs: {
      missing: { hook: 'stats', interval: 1 },
      wrong: { hook: 'stats', args: { major: 'yes' }, interval: 1 },
      unknown: { hook: 'stats', args: { major: true, dept: 1 }, interval: 1 },
    },
  })
  assert.deepEqual(
    warnings.map(({ path, message }) => `${path}: ${message}`),
    [
      'jobs.missing.args.major: argument "major" is missing, expected boolean; each firing of the job will fail',
      'jobs.wrong.args.major: argument "major" expected boolean, received "yes"; each firing of the job will fail',
      'jobs.unknown.args.dept: unknown argument "dept" – did you mean "depth"?; each firing of the job will fail',
    ],
  )
})

test('an index has a datasource and a handler', () => {
  assert.deepEqual(wrong({ indexes: { a: {}, b: { datasource: { head() {} }, handler: 1 }, c: 1 } }), [
    'indexes.a.datasource: expected a datasource, as evm({ … }) of "pawl/evm" makes one; but there is none',
    'indexes.a.handler: expected a function (ctx, block) => …, but there is none',
    'indexes.b.datasource: expected a datasource, as evm({ … }) of "pawl/evm" makes one; this one lacks blocks(), description',
    'indexes.b.handler: expected a function (ctx, block) => …, got 1',
    'indexes.c: expected { datasource, handler }, got 1',
  ])
  assert.deepEqual(wrong({ indexes: { a: { ...index, firstLevel: 5, lastLevel: 4 } } }), [
    'indexes.a.lastLevel: 4 is below firstLevel, 5: the index would have no level',
  ])
})

test('a bad database URL is told without its password', () => {
  const bad = [
    '',
    'localhost/db',
    'mysql://user:s3cret@host/db',
    'postgres://user:s3cret#x@host/db',
    'postgres://user:s3cret/x@host/db',
    'postgres://user:1/s3cret@host/db',
    'postgres://user:s3cret@host:port/db',
  ]
  for (const database of bad) {
    const messages = wrong({ database })
    assert.equal(messages.length, 1, database)
    assert.match(messages[0] ?? '', /^database: .*postgres:\/\/<user>:<password>@<host>:5432\/<name>/)
    assert.doesNotMatch(messages[0] ?? '', /s3cret/)
  }
  assert.deepEqual(wrong({ database: 'postgres://u:p@a:1,b:2/db' }), [])
  assert.deepEqual(wrong({ database: 'postgres://u:p@a/db?sslmode=verify-full' }), [])
  assert.deepEqual(wrong({ database: 'postgres://u:s3cret@a/db?sslmode=requir' }), [
    'database: has an sslmode that there is not – did you mean "require"?',
  ])
})

test('the schema is one of the user', () => {
  for (const schema of ['pg_catalog', 'pawl', 'pawl_x', '']) assert.equal(wrong({ schema }).length, 1, schema)
  for (const schema of ['s'.repeat(49), 'é'.repeat(25)])
    assert.deepEqual(wrong({ schema }), [
      `schema: the name has ${Buffer.byteLength(schema)} bytes, and at most 48 leave room for the names that Pawl makes of it`,
    ])
  assert.deepEqual(wrong({ immuneTables: ['a', 'public.b', 3] }), [
    'immuneTables[1]: expected a name without its schema, got "public.b"',
    'immuneTables[2]: expected the name of a table, got 3',
  ])
})

test('the directory is a folder, and sql in it too', () => {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-config-'))
  try {
    writeFileSync(join(directory, 'sql'), '')
    assert.deepEqual(wrong({ directory }), [
      `directory: ${join(directory, 'sql')} is a file; expected a folder of SQL scripts`,
    ])
    assert.deepEqual(wrong({ directory: join(directory, 'no') }), [
      `directory: there is no folder ${join(directory, 'no')}`,
    ])
    assert.deepEqual(wrong({ directory: join(directory, 'sql') }), [
      `directory: ${join(directory, 'sql')} is no folder`,
    ])
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('anything at all either passes or is a ConfigurationError', () => {
  const keys = fc.constantFrom(
    'database',
    'indexes',
    'hooks',
    'jobs',
    'hook',
    'args',
    'crontab',
    'interval',
    'daemon',
    'run',
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, fc.anything({ withBigInt: true, withNullPrototype: true }), tie('node')),
    node: fc.dictionary(fc.oneof(keys, fc.string()), tie('tree')),
  }))
  fc.assert(
    fc.property(fc.dictionary(keys, tree), (config) => void wrong(config)),
    { numRuns: 300 },
  )
})

test('a cache needs a datasource that tells its chain and what it selects', () => {
  const message =
    'the datasource tells no chain() or no selection: what is kept could not be told from what others select'
  for (const source of [
    datasource,
    { ...datasource, selection: {} },
    { ...datasource, chain: () => Promise.resolve('1') },
  ]) {
    const told = wrong({ indexes: { a: { ...index, datasource: source, cache: true } } })
    assert.ok(
      told.some((line) => line.includes(`indexes.a.cache: ${message}`)),
      told.join('\n'),
    )
  }
  const whole = { ...datasource, selection: {}, chain: () => Promise.resolve('1') }
  assert.deepEqual(wrong({ indexes: { a: { ...index, datasource: whole, cache: true } } }), [])
  const schemas = { ...whole, uncacheable: 'its schemas are functions' }
  assert.ok(
    wrong({ indexes: { a: { ...index, datasource: schemas, cache: true } } }).some((line) =>
      line.includes('indexes.a.cache: blocks of this datasource cannot be kept: its schemas are functions'),
    ),
  )
  assert.deepEqual(wrong({ indexes: { a: { ...index, datasource: schemas } } }), [])
})

test('what says nothing of a daemon is refused, and so are waits of a job that is run once', () => {
  const daemon = { hook: 'vacuum', daemon: true }
  const rules = { maxInstances: 1, coalesce: false, misfireGraceTime: 5, catchUp: false, onError: 'stop' }
  assert.deepEqual(job({ ...daemon, ...rules }), [
    'jobs.job.maxInstances: a daemon runs once at a time: leave it out',
    'jobs.job.coalesce: a daemon has no fire times: leave it out',
    'jobs.job.misfireGraceTime: a daemon has no fire times: leave it out',
    'jobs.job.catchUp: a daemon has no fire times: leave it out',
    'jobs.job.onError: a daemon is always started again: leave it out',
  ])
  assert.deepEqual(job({ ...daemon, when: 'syncing', paused: true, retry: { delay: 5 } }), [])
  assert.deepEqual(job({ hook: 'vacuum', interval: 5, retry: { delay: 5 } }), [
    'jobs.job.retry.attempts: is missing: write how many runs a firing has at most, such as 3',
  ])
})

test('a job that is added at run time is checked as one of the config', () => {
  const told = (added: unknown) =>
    checkJobAlone({ hooks }, 'late', added).map(({ path, message }) => `${path}: ${message}`)
  assert.deepEqual(told({ hook: 'stats', interval: 60, args: { major: true } }), [])
  assert.deepEqual(told({ hook: 'stat', interval: 60 }), [
    'jobs.late.hook: there is no hook "stat" – did you mean "stats"?',
  ])
  assert.equal(told({ hook: 'stats', interval: 60, jitter: 'often' }).length, 1)
  assert.equal(told({ hook: 'stats', interval: 60, jitter: true }).length, 1)
})
