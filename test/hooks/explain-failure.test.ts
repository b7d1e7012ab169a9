import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallbackError, SessionLostError, SqlScriptError } from 'pawl'
import { explainFailure } from '../../src/hooks/explain-failure.ts'
import { mayPass } from '../../src/root/may-pass.ts'

const explain = (thrown: unknown) => explainFailure('hook "stats"', thrown, { awaited: false })

test('an error: its message, where it was thrown, and itself as the cause', () => {
  const thrown = new RangeError('mine')
  const error = explain(thrown)
  assert.ok(error instanceof CallbackError)
  assert.match(error.message, /^hook "stats" failed: mine \(at .*explain-failure\.test\.[jt]s:\d+\)$/)
  assert.equal(error.cause, thrown)
})

for (const [what, thrown, words] of [
  ['a text', 'mine', 'mine'],
  ['undefined', undefined, 'undefined was thrown'],
  ['an object', { code: 1, reason: 'mine' }, "{ code: 1, reason: 'mine' } was thrown"],
  ['an object without a prototype', Object.create(null), '[Object: null prototype] {} was thrown'],
  [
    'an object that cannot be shown',
    Object.defineProperty({}, Symbol.for('nodejs.util.inspect.custom'), {
      get: () => {
        throw new Error('mine')
      },
    }),
    'an empty object was thrown',
  ],
  ['a symbol', Symbol('mine'), 'Symbol(mine) was thrown'],
  [
    'an error whose message is none',
    Object.assign(new Error(), { message: { a: 1 } }),
    /^an error with the message \{ a: 1 \} was thrown/,
  ],
] as const) {
  test(`${what} can be thrown, too`, () => {
    const error = explain(thrown)
    assert.ok(error instanceof CallbackError)
    assert.equal(error.cause, thrown)
    const said = error.message.replace('hook "stats" failed: ', '')
    if (typeof words === 'string') assert.equal(said, words)
    else assert.match(said, words)
  })
}

test('causes in a circle are looked through once', () => {
  const outer: Error & { cause?: unknown } = new Error('outer')
  outer.cause = new Error('inner', { cause: outer })
  assert.match(explain(outer).message, /outer/)
  assert.equal(mayPass(outer), false)
})

test("what the database or a stop did stays as it is; what user code alone can cause is the hook's failure", () => {
  const lost = new SessionLostError('lost')
  assert.equal(explain(lost), lost)
  const script = new SqlScriptError('sql/a.sql:1: no', { hint: 'do it' })
  const error = explain(script)
  assert.ok(error instanceof CallbackError)
  assert.equal(error.cause, script)
  assert.equal(error.hint, 'do it')
})

test('the lock that a hook may wait for without end is explained by what may hold it', () => {
  const timeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' })
  const hint = (awaited: boolean) =>
    (explainFailure('hook "a"', new Error('mine', { cause: timeout }), { awaited }) as CallbackError).hint
  assert.match(hint(true) ?? '', /Make the hook atomic/)
  assert.match(hint(false) ?? '', /Inside ctx\.sql\.begin/)
})
