import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { issuesOf, readLines, warningsOf } from './read-yaml.ts'

const STATS = ['hooks:', '  stats:', '    args:', '      major: bool', '      depth: int']

test('everything wrong is told at once, by line and column', () => {
  assert.deepEqual(
    issuesOf([
      'hoks: {}',
      'hooks:',
      '  on_restart: {}',
      '  stats:',
      '    callback: ../stats',
      '    atmic: true',
      '    args: { depth: integer }',
      'jobs:',
      '  often: { hook: stats, max_instance: 2 }',
      '  seldom: 12',
      'advanced:',
      '  reindex: { manual: wype }',
    ]),
    [
      'pawl.yaml:1:1: hoks: unknown key – did you mean "hooks"?',
      'pawl.yaml:3:3: hooks.on_restart: "on_restart" is fired by Pawl itself: take it out, and write hooks/on_restart.ts',
      'pawl.yaml:6:5: hooks.stats.atmic: unknown key – did you mean "atomic"?',
      'pawl.yaml:5:15: hooks.stats.callback: the callback "../stats" is a name of a file and of a function: letters, digits and "_", with dots for folders',
      'pawl.yaml:7:20: hooks.stats.args.depth: there is no type "integer" – did you mean "int"?',
      'pawl.yaml:12:22: advanced.reindex.manual: expected "exception", "wipe" or "ignore", got "wype" – did you mean "wipe"?',
      'pawl.yaml:9:25: jobs.often.max_instance: unknown key – did you mean "max_instances"?',
      'pawl.yaml:10:11: jobs.seldom: expected { hook, and crontab, interval or daemon }, got a number',
    ],
  )
})

describe('what is no YAML', () => {
  const cases: readonly (readonly [name: string, text: string, message: RegExp])[] = [
    ['an empty file', '', /^pawl.yaml:1:1: the config is empty/],
    ['only comments', '# nothing\n', /the config is empty/],
    ['a list', '- hooks', /^pawl.yaml:1:1: the config is no mapping/],
    ['a key twice', 'hooks:\n  a: {}\n  a: {}', /^pawl.yaml:3:3: this key is there twice$/],
    ['two documents', 'hooks: {}\n---\njobs: {}', /^pawl.yaml:2:1: a config is one document/],
    [
      'a star without quotes',
      'jobs:\n  a:\n    crontab: * * * * *',
      /^pawl.yaml:3:14: a text that begins with "\*"/,
    ],
    ['a tab', 'hooks:\n\ta: {}', /^pawl.yaml:2:1: a tab/],
    ['an open bracket', 'hooks: {', /^pawl.yaml:1:\d+: is no YAML/],
    ['nested for ever', '['.repeat(20_000), /^pawl.yaml:1:\d+: is nested too deeply/],
    [
      'sections in sections for ever',
      Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /^pawl.yaml:\d+:\d+: is nested too deeply/,
    ],
  ]
  for (const [name, text, message] of cases)
    test(name, () => assert.match(issuesOf([text])[0] ?? 'nothing is wrong', message))

  test('a crontab without quotes is one mistake, however many stars it has', () => {
    for (const crontab of ['* * * * *', '*/5 * * * *'])
      for (const text of [
        `jobs:\n  a:\n    crontab: ${crontab}`,
        `\n\njobs: { a: { crontab: ${crontab} } }`,
      ]) {
        const issues = issuesOf([text])
        assert.equal(issues.length, 1, text)
        assert.match(issues[0] ?? '', /^pawl.yaml:3:\d+: a text that begins with "\*" is written in quotes/)
      }
  })
})

test('names that objects have of their own are names like any other', () => {
  const { hooks, jobs, issues } = readLines([
    'hooks: { __proto__: { args: { constructor: int } }, toString: {} }',
    'jobs: { __proto__: { hook: __proto__, interval: 1, args: { __proto__: 1 } } }',
  ])
  assert.deepEqual(issues, [])
  assert.deepEqual(
    hooks.map(({ name }) => name),
    ['__proto__', 'toString'],
  )
  assert.deepEqual([...(hooks[0]?.args.keys() ?? [])], ['constructor'])
  assert.ok(Object.hasOwn(jobs.get('__proto__')?.['args'] as object, '__proto__'))
})

test('aliases and merge keys are followed', () => {
  const { jobs, issues } = readLines([
    ...STATS,
    'jobs:',
    '  a: &common { hook: stats, interval: 60, args: &args { major: true } }',
    '  b: { <<: *common, interval: 5 }',
    '  c: { hook: stats, daemon: true, args: { <<: [*args], depth: 1 } }',
  ])
  assert.deepEqual(issues, [])
  assert.deepEqual(jobs.get('b'), { hook: 'stats', interval: 5, args: { major: true } })
  assert.deepEqual(jobs.get('c')?.['args'], { depth: 1, major: true })
})

test('aliases that unfold to billions, or into themselves, are refused', { timeout: 5_000 }, () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
  for (const [name, previous] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg'].map((pair) => pair.split('')))
    bomb.push(`${name}: &${name} [${Array(10).fill(`*${previous}`).join(', ')}]`)
  const inArgs = ['jobs:', '  j:', '    hook: stats', '    args:', ...bomb.map((line) => `      ${line}`)]
  assert.match(issuesOf(inArgs).join(), /pawl.yaml:\d+:\d+: jobs.j.args.\w: is too large: aliases/)
  assert.match(issuesOf(['jobs: { j: { args: { a: &a [*a] } } }']).join(), /is too large/)
  const merges = issuesOf(['jobs: &jobs { <<: [*jobs, *jobs, *jobs], j: 1 }'])
  assert.match(merges.join(), /jobs.j: expected/)
})

test('sections without a use are named in one warning', () => {
  assert.deepEqual(
    warningsOf(['spec_version: 3.0', 'package: demo', 'contracts: {}', 'indexes: { a: 1 }', 'sentry:']),
    [
      'pawl.yaml:3:1: the sections are ignored: "contracts", "indexes" and "sentry". Pawl\'s indexes are in indexes.ts',
    ],
  )
  assert.deepEqual(warningsOf(['advanced:', '  early_realtime: True', '  rollback_depth: 5']), [
    'pawl.yaml:1:1: advanced: "early_realtime" and "rollback_depth" have no meaning to Pawl, and no effect',
  ])
})

describe('the scheduler as DipDup configures it', () => {
  const scheduler = (...keys: string[]): string[] => [
    'hooks: {}',
    'jobs: {}',
    'advanced:',
    '  scheduler:',
    ...keys.map((key) => `    ${key}`),
  ]

  test('becomes the defaults of jobs', () => {
    const { settings } = readLines(
      scheduler(
        'apscheduler.job_defaults.coalesce: False',
        'apscheduler.job_defaults.max_instances: 3',
        'apscheduler.job_defaults.misfire_grace_time: null',
        'apscheduler.timezone: Europe/Berlin',
      ),
    )
    assert.deepEqual(settings, {
      jobDefaults: { coalesce: false, maxInstances: 3 },
      timezone: 'Europe/Berlin',
    })
  })

  test('also nested', () => {
    const { settings } = readLines(scheduler('apscheduler: { job_defaults: { max_instances: 2 } }'))
    assert.deepEqual(settings, { jobDefaults: { maxInstances: 2 } })
  })

  test('pools are refused in any spelling', () => {
    for (const key of [
      "apscheduler.executors.default.class: 'apscheduler.executors.pool:ThreadPoolExecutor'",
      'apscheduler.executors.processpool: { type: processpool, max_workers: 5 }',
      'apscheduler: { executors: { default: { class: "apscheduler.executors.pool:ProcessPoolExecutor" } } }',
      'apscheduler.executors.default: { type: threadpool }',
    ])
      assert.match(issuesOf(scheduler(key)).join(), /executors that are pools are not supported/, key)
  })

  test('other keys are refused, where they stand', () => {
    assert.deepEqual(issuesOf(scheduler('apscheduler.misfire: 3')), [
      'pawl.yaml:5:5: advanced.scheduler.apscheduler.misfire: unknown key; known are apscheduler.job_defaults.coalesce, apscheduler.job_defaults.max_instances, apscheduler.job_defaults.misfire_grace_time, apscheduler.timezone',
    ])
  })

  test("what is DipDup's own default has no effect", () => {
    const own = scheduler(
      "apscheduler.executors.default.class: 'apscheduler.executors.asyncio:AsyncIOExecutor'",
    )
    assert.deepEqual(issuesOf(own), [])
    assert.match(warningsOf(own).join(), /needs no executor/)
  })
})

describe('crontabs of a DipDup file', () => {
  const dipdup = { fromDipDup: true, name: 'dipdup.yaml' }
  const job = (crontab: string, more = ''): string[] => [
    'hooks: { stats: {} }',
    `jobs: { a: { hook: stats, crontab: "${crontab}"${more} } }`,
  ]

  test('that mean something else there are told with the next times of both', () => {
    assert.deepEqual(warningsOf(job('30 6 * * 1'), dipdup), [
      'dipdup.yaml:2:36: jobs.a.crontab: means something else here: Pawl fires at 2026-01-05T06:30Z, 2026-01-12T06:30Z, 2026-01-19T06:30Z; DipDup at 2026-01-06T06:30Z, 2026-01-13T06:30Z, 2026-01-20T06:30Z. Write "dialect: apscheduler" below it for DipDup\'s times, or "dialect: cron" if Pawl\'s are right',
    ])
    assert.deepEqual(warningsOf(job('30 6 * * 1', ', dialect: cron'), dipdup), [])
    assert.deepEqual(warningsOf(job('0 0 * * *'), dipdup), [])
    assert.deepEqual(warningsOf(job('30 6 * * 1')), [])
  })

  test('in a zone that is not the machine’s are told once', () => {
    const [warning, ...more] = warningsOf(job('0 0 * * *'), { ...dipdup, hostTimezone: 'Asia/Tokyo' })
    assert.match(
      warning ?? '',
      /^dipdup.yaml:2:36: jobs.a.crontab: is in the time zone UTC here; .* Asia\/Tokyo/,
    )
    assert.deepEqual(more, [])
  })
})

describe('arguments of jobs', () => {
  const args = (type: string, value: string): unknown => {
    const { jobs, issues } = readLines([
      `hooks: { stats: { args: { a: "${type}" } } }`,
      `jobs: { j: { hook: stats, interval: 1, args: { a: ${value} } } }`,
    ])
    assert.deepEqual(issues, [])
    return (jobs.get('j')?.['args'] as { a: unknown } | undefined)?.a
  }

  test('keep what is written', () => {
    assert.equal(args('bool', 'True'), true)
    assert.equal(args('int', '0x10'), 16)
    assert.equal(args('str', '"12"'), '12')
    assert.equal(args('Any', 'null'), null)
    assert.equal(args('bigint', '123456789012345678901234567890'), 123456789012345678901234567890n)
    assert.equal(args('decimal.Decimal', '0.10000000000000000000001'), '0.10000000000000000000001')
    assert.equal(args('datetime.datetime', '2026-01-01 10:00:00'), '2026-01-01 10:00:00')
    assert.deepEqual(args('dict', '{ x: [1, null] }'), { x: [1, null] })
    const digits = '0.1234567890123456789012345'
    for (const type of [
      'decimal.Decimal',
      'Optional[decimal.Decimal]',
      'decimal.Decimal | None',
      'Decimal | int',
    ])
      assert.equal(args(type, digits), digits, type)
    assert.deepEqual(args('list[decimal.Decimal]', `[${digits}, 1]`), [digits, 1])
    assert.deepEqual(args('dict[str, Decimal]', `{ a: ${digits} }`), { a: digits })
    assert.equal(args('float', '0.5'), 0.5)
    assert.deepEqual(args('bytes', '!!binary aGk='), Buffer.from('hi'))
  })
})

test('anything at all is read, or told why not', () => {
  const words = fc.constantFrom(
    'hooks',
    'jobs',
    'database',
    'advanced',
    'args',
    'scheduler',
    'a',
    'int',
    '${A}',
    '${B:-1}',
    '&x',
    '*x',
    '<<',
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    ',',
    '\n',
    '\n  ',
    '\n    ',
    '- ',
    '"',
    "'",
    '#',
    '!!binary ',
    '|',
    '>',
    '? ',
    '%',
    '\t',
  )
  const garbage = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(words, { maxLength: 40 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(garbage, (text) => {
      const { issues } = readLines([text], { fromDipDup: true, env: { A: 'x: [' } })
      for (const { place } of issues) assert.ok(place !== undefined && place.line > 0 && place.column > 0)
    }),
    { numRuns: 1_000 },
  )
})

test('the settings of advanced are those of the code', () => {
  const { settings, issues, warnings } = readLines([
    'advanced:',
    '  reindex: { rollback: wipe, schema_modified: ignore }',
    '  monitoring: { host: 0.0.0.0, port: 9464 }',
    '  schema_version: 2',
    '  postpone_jobs: True',
  ])
  assert.deepEqual([issues, warnings], [[], []])
  assert.deepEqual(settings, {
    reindex: { rollback: 'wipe', schema_modified: 'ignore' },
    monitoring: { host: '0.0.0.0', port: 9464 },
    schemaVersion: 2,
    postponeJobs: true,
  })
})
