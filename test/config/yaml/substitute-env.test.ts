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
  assert.equal(argument('${A}', { A: '' }), null)
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

test('what resembles a variable is told', () => {
  assert.match(
    issuesOf(['database: postgres://${HOST-localhost}/x']).join(),
    /pawl.yaml:1:11: database: "\$\{HOST-localhost\}" cannot be read: write \$\{NAME\} or \$\{NAME:-default\}/,
  )
})

test('no value is ever read as YAML, and none moves a line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (value, quoted) => {
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
