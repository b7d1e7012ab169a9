import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { issuesOf, readLines, warningsOf } from './read-yaml.ts'

const settings = (lines: string[], env = {}) => readLines(lines, { env }).settings
const postgres = (...lines: string[]): string[] => [
  'database:',
  '  kind: postgres',
  ...lines.map((line) => `  ${line}`),
]

test('the fields become a URL, with what needs it percent-encoded', () => {
  assert.deepEqual(settings(postgres('host: db')), { database: 'postgres://postgres@db:5432/postgres' })
  assert.deepEqual(
    settings(
      postgres(
        'host: ${HOST:-::1}',
        'port: ${PORT:-6543}',
        'user: me',
        'password: ${PASSWORD}',
        'database: "a b"',
        'schema_name: tokens',
        'immune_tables: [prices]',
      ),
      { PASSWORD: 'p@ss/w:rd#%' },
    ),
    {
      database: 'postgres://me:p%40ss%2Fw%3Ard%23%25@[::1]:6543/a%20b',
      schema: 'tokens',
      immuneTables: ['prices'],
    },
  )
})

test('a password is text, whatever it looks like', () => {
  const secret = (written: string): unknown =>
    settings(postgres('host: h', `password: ${written}`))['database']
  assert.equal(secret('0123'), 'postgres://postgres:0123@h:5432/postgres')
  assert.equal(secret('1e3'), 'postgres://postgres:1e3@h:5432/postgres')
  assert.equal(secret('true'), 'postgres://postgres:true@h:5432/postgres')
  assert.equal(secret(''), 'postgres://postgres@h:5432/postgres')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
      const { database } = settings(postgres('host: h', 'password: "${P}"'), { P: password })
      assert.equal(decodeURIComponent(new URL(String(database)).password), password)
    }),
  )
})

test('a URL is one', () => {
  assert.deepEqual(settings(['database: ${URL}'], { URL: 'postgres://u:p@h/d' }), {
    database: 'postgres://u:p@h/d',
  })
  assert.deepEqual(settings(['database: ${URL:-}']), {})
})

test('SQLite becomes the embedded PostgreSQL, and a warning', () => {
  const sqlite = ['database:', '  kind: sqlite', '  path: demo.sqlite', '  immune_tables: [a]']
  assert.deepEqual(settings(sqlite), { immuneTables: ['a'] })
  assert.deepEqual(warningsOf(sqlite), [
    'pawl.yaml:1:1: database: Pawl works with PostgreSQL only: instead of SQLite it starts one of its own in .pawl/, beside this file',
  ])
})

test('what is wrong is told without what is written', () => {
  assert.deepEqual(issuesOf(postgres('host: "a@b"', 'port: 99999', 'pasword: s3cret')), [
    'pawl.yaml:5:3: database.pasword: unknown key – did you mean "password"?',
    'pawl.yaml:3:9: database.host: expected the name or the address of a host, such as localhost',
    'pawl.yaml:4:9: database.port: expected a number from 1 to 65535',
  ])
  assert.deepEqual(issuesOf(['database: { kind: postgres, password: [s3cret] }']), [
    'pawl.yaml:1:29: database.password: expected text, got a list',
  ])
  assert.deepEqual(issuesOf(['database: { kind: postgres }']), [
    'pawl.yaml:1:1: database: "host" is missing: where does PostgreSQL run?',
  ])
  assert.deepEqual(issuesOf(['database: { kind: mysql, host: h }']), [
    'pawl.yaml:1:19: database.kind: "kind" is postgres, but got "mysql"',
  ])
  assert.deepEqual(issuesOf(['database: { host: h }']), [
    'pawl.yaml:1:1: database: "kind" is postgres, but there is none',
  ])
})
