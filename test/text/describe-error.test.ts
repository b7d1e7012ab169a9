import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeError } from '../../src/text/describe-error.ts'
import { exitCodeOf } from '../../src/cli/exit-code.ts'
import { redact } from '../../src/text/redact.ts'
import { toJson } from '../../src/text/to-json.ts'
import {
  CallbackError,
  ChainMismatchError,
  ConfigurationError,
  DatabaseUnavailableError,
  DatasourceError,
} from '../../src/errors.ts'

test('causes are one line each, from the nearest to the first', () => {
  const first = new RangeError('out of\nrange')
  const error = new CallbackError('hook failed', {
    cause: new Error('query failed', { cause: first }),
    hint: 'Look.',
  })
  assert.deepEqual(describeError(error), {
    message: ['hook failed'],
    causes: ['query failed', 'RangeError: out of range'],
    hint: ['Look.'],
  })
})

test('errors without a message say their code or name', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' })
  const several = new AggregateError([refused, refused])
  assert.deepEqual(describeError(several).message, ['connect ECONNREFUSED ::1:5432'])
  assert.deepEqual(describeError(new TypeError()).message, ['TypeError'])
  assert.deepEqual(describeError('oops').message, ['a value that is no Error was thrown: oops'])
  assert.deepEqual(describeError({ code: 1 }).message, ['a value that is no Error was thrown: { code: 1 }'])
  assert.deepEqual(describeError(undefined).message, ['a value that is no Error was thrown: undefined'])
  // What the message says is not said again.
  assert.deepEqual(describeError(new Error('failed: oops', { cause: 'oops' })).causes, [])
})

test('a circular chain of causes ends', () => {
  const a = new Error('a')
  const b = new Error('b', { cause: a })
  a.cause = b
  assert.deepEqual(describeError(a).causes, ['b'])
})

test('passwords leave URLs and nothing else does', () => {
  assert.equal(
    redact('at postgres://u:p/a@ss@host:5432/db?x=1 now'),
    'at postgres://u:***@host:5432/db?x=1 now',
  )
  assert.equal(
    redact('wss://user:secret@node/path, http://a.b:8545/x@y'),
    'wss://user:***@node/path, http://a.b:8545/x@y',
  )
  assert.equal(
    redact('postgres://host/db?user=u&password=secret&x=1'),
    'postgres://host/db?user=u&password=***&x=1',
  )
  assert.equal(redact('"0 0 * * *": 12:00 mail@host'), '"0 0 * * *": 12:00 mail@host')
})

test('keys of nodes leave URLs, hashes and words stay', () => {
  assert.equal(
    redact('URL: https://eth.node/v2/abcDEF0123456789abcDEF01/x, wss://a.b/0123456789abcdef0123456789abcdef'),
    'URL: https://eth.node/v2/***/x, wss://a.b/***',
  )
  assert.equal(redact('http://a.b/rpc?apikey=k3y&x=1#top'), 'http://a.b/rpc?apikey=***&x=1#top')
  for (const harmless of [
    'https://scan.io/tx/0x0123456789abcdef0123456789abcdef0123456789abcdef',
    'https://blog.io/2024/how-to-index-a-chain-in-2024-with-pawl',
  ])
    assert.equal(redact(harmless), harmless)
})

test('a cause that says nothing new is left out', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' })
  const failed = new TypeError('fetch failed', { cause: refused })
  const explained = new DatasourceError(
    'node cannot be reached: nothing listens there (connection refused)',
    {
      cause: new Error('nothing listens there (connection refused)', { cause: failed }),
    },
  )
  assert.deepEqual(describeError(explained).causes, [])
  assert.deepEqual(describeError(new DatasourceError('no prices', { cause: failed })).causes, [
    'connect ECONNREFUSED ::1:5432',
  ])
  assert.deepEqual(describeError(new CallbackError('hook failed: no', { cause: new Error('o') })).causes, [
    'o',
  ])
})

test('no password of a database URL survives', () => {
  const password = fc.stringMatching(/^[A-Za-z0-9/@:#?!$%^&*()+=_-]{6,20}$/)
  fc.assert(
    fc.property(password, (secret) => {
      assert.ok(
        !redact(`cannot reach postgres://user:${secret}@host:5432/db: refused`).includes(`:${secret}@`),
      )
    }),
  )
})

test('anything becomes one line of JSON', () => {
  const circular: Record<string, unknown> = {
    big: 2n ** 70n,
    at: new Date(0),
    not: Number.NaN,
    set: new Set([1]),
  }
  circular['self'] = circular
  assert.equal(
    toJson(circular),
    '{"big":"1180591620717411303424","at":"1970-01-01T00:00:00.000Z","not":"NaN","set":[1],"self":"[circular]"}',
  )
  const hostile = Object.defineProperty({}, 'trap', {
    enumerable: true,
    get: () => {
      throw new Error('no')
    },
  })
  assert.equal(toJson(hostile), '{"unprintable":"Error: no"}')
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }), (value) => {
      const text = toJson(value)
      assert.ok(!text.includes('\n'))
      JSON.parse(text)
    }),
  )
})

test('the exit code tells whose fault it was', () => {
  const unreachable = new DatabaseUnavailableError('no database')
  const down = new DatabaseUnavailableError('no database', { retriable: true })
  const source = new DatasourceError('no node', { retriable: false })
  assert.equal(exitCodeOf(new ConfigurationError([]), { started: true }), 2)
  assert.equal(exitCodeOf(new ChainMismatchError('another chain'), { started: true }), 2)
  assert.equal(exitCodeOf(unreachable, { started: false }), 2)
  assert.equal(exitCodeOf(unreachable, { started: true }), 1)
  assert.equal(exitCodeOf(down, { started: false }), 1)
  assert.equal(exitCodeOf(source, { started: false }), 2)
  assert.equal(exitCodeOf(source, { started: true }), 1)
  assert.equal(exitCodeOf(new DatasourceError('it is down'), { started: false }), 1)
  assert.equal(exitCodeOf(new CallbackError('hook failed'), { started: false }), 1)
  assert.equal(exitCodeOf(new TypeError('a bug'), { started: false }), 1)
})
