import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { issuesOf, readLines } from './read-yaml.ts'

/** The argument `a` of the only job, whose text is this. */
function argument(written: string, env: Record<string, string>): unknown {
  const { jobs, issues } = readLines(['jobs: { j: { args: {', `  a: ${written}`, '  } } }'], { env })
  assert.deepEqual(issues, [])
  return (jobs.get('j')?.['args'] as { a: unknown } | undefined)?.a
}

test('a variable stands for its value, typed as if it were written there', () => {
  assert.equal(argument('${A}', { A: '5432' }), 5432)
  assert.equal(argument('"${A}"', { A: '5432' }), '5432')
  assert.equal(argument('${A}', { A: 'true' }), true)
  assert.equal(argument('${A}', { A: 'abc' }), 'abc')
  assert.equal(argument('x-${A}-${B}', { A: '1', B: '2' }), 'x-1-2')
})

test('a default stands in for what is not set, or empty', () => {
  assert.equal(argument('${A:-7}', {}), 7)
  assert.equal(argument('${A:-7}', { A: '' }), 7)
  assert.equal(argument('${A:-7}', { A: '8' }), 8)
  assert.equal(argument('${A:-}', {}), null)
  assert.equal(argument('${A:-a b: c # d}', {}), 'a b: c # d')
  assert.equal(argument('${toString:-no}', {}), 'no')
})

test('a variable that is not set is told by name, once for each place', () => {
  assert.deepEqual(
    issuesOf(['database:', '  kind: postgres', '  host: ${HOST}', '  password: ${PASSWORD}']),
    [
      'pawl.yaml:3:9: database.host: the environment variable HOST is not set: set it, or write ${HOST:-…} with a default',
      'pawl.yaml:4:13: database.password: the environment variable PASSWORD is not set: set it, or write ${PASSWORD:-…} with a default',
    ],
  )
})

test('variables of comments and of sections that are ignored are not needed', () => {
  assert.deepEqual(issuesOf(['# ${A}', 'hooks: {} # ${B}', 'datasources: { node: { url: "x/${KEY}" } }']), [])
})

test('a variable that is empty is told: it would take its setting away without a word', () => {
  assert.deepEqual(issuesOf(['database: ${URL}'], { env: { URL: '' } }), [
    'pawl.yaml:1:11: database: the environment variable URL is empty: set it, or write ${URL:-} where nothing is meant',
  ])
  assert.deepEqual(issuesOf(['database: ${URL:-}'], { env: { URL: '' } }), [])
})

test('where a text is expected, what a variable holds is no other type', () => {
  const HOOKS =
    'hooks: { h: { args: { a: str, b: "Optional[str]", c: int, d: uuid.UUID, e: "decimal.Decimal | None" } } }'
  const given = (env: Record<string, string>) => {
    const { jobs, issues } = readLines(
      [HOOKS, 'jobs: { j: { hook: h, args: { a: "${A}", b: ${A}, c: ${A}, d: ${A}, e: ${A} } } }'],
      { env },
    )
    assert.deepEqual(issues, [])
    return jobs.get('j')?.['args']
  }
  assert.deepEqual(given({ A: '0123' }), { a: '0123', b: '0123', c: 123, d: '0123', e: '0123' })
  assert.deepEqual(given({ A: 'null' }), { a: 'null', b: 'null', c: null, d: 'null', e: 'null' })
  assert.equal(
    readLines(['database: { kind: postgres, host: h, password: ${P} }'], { env: { P: 'null' } }).settings[
      'database'
    ],
    'postgres://postgres:null@h:5432/postgres',
  )
})

test('a message names the variable, and not what it holds', () => {
  const password = 's3cret-"that"-is-longer-than-any-message-would-quote-it-in-full, by far'
  const { locate, issues } = readLines(
    ['database: { kind: "${P}", host: "${H}" }', 'jobs: { "${S}": { hook: 1 } }'],
    {
      env: { P: password, S: 'x', H: 'localhost' },
    },
  )
  assert.deepEqual(
    issues.map(({ message }) => message),
    ['"kind" is postgres, but got "${P}…"'],
  )
  const host = 'such as localhost, got "localhost:1"'
  assert.equal(locate({ path: '', message: host }).message, 'such as localhost, got "${H}:1"')
  const message = `got ${JSON.stringify(password)}, and "x", expected`
  assert.equal(locate({ path: '', message }).message, 'got "${P}", and "${S}", expected')
})

test('what resembles a variable is told', () => {
  assert.deepEqual(issuesOf(['database: "postgres://${A:-${B:-x}}/y"']), [
    'pawl.yaml:1:11: database: the default of ${A:-…} holds another variable: a default is text',
  ])
  assert.match(
    issuesOf(['database: postgres://${HOST-localhost}/x']).join(),
    /pawl.yaml:1:11: database: "\$\{HOST-localhost\}" cannot be read: write \$\{NAME\} or \$\{NAME:-default\}/,
  )
})

test('no value is ever read as YAML, and none moves a line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean(), (value, quoted) => {
      const written = quoted ? '"${A}"' : 'x${A}'
      assert.equal(argument(written, { A: value }), quoted ? value : `x${value}`)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const issues = issuesOf(['hooks: { "${A}": {} }', 'jbs: {}'], { env: { A: value } })
      assert.match(issues.find((issue) => issue.includes('jbs')) ?? '', /^pawl.yaml:2:1: jbs: unknown key/)
    }),
  )
})

test('more placeholders than a page are each their own', () => {
  const names = Array.from({ length: 5_000 }, (_, n) => `V${n}`)
  const env = Object.fromEntries(names.map((name) => [name, name.toLowerCase()]))
  const { jobs } = readLines(
    ['jobs: { j: { args: {', ...names.map((name) => `  ${name}: \${${name}},`), '  } } }'],
    { env },
  )
  const args = jobs.get('j')?.['args'] as Record<string, string>
  assert.deepEqual(
    names.filter((name) => args[name] !== name.toLowerCase()),
    [],
  )
})
