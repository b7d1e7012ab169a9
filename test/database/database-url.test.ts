import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseUnavailableError } from 'pawl'
import { checkUrl } from '../../src/database/database-url.ts'

test('URLs of PostgreSQL are taken, also with several hosts', () => {
  for (const url of ['postgres://localhost/db', 'postgresql://a:b@one:5432,two:5433/db'])
    assert.doesNotThrow(() => checkUrl(url), url)
})

for (const [url, message] of [
  ['localhost:5432/s3cret', 'the address of the database is no URL'],
  ['mysql://user:s3cret@localhost/db', 'the address of the database is of mysql, not of PostgreSQL'],
  ['postgres://user:s3cret@local host/db', 'the address of the database cannot be read as a URL'],
] as const) {
  test(`${message}, and no password is told`, () => {
    assert.throws(
      () => checkUrl(url),
      (error: unknown) => {
        assert.ok(error instanceof DatabaseUnavailableError)
        assert.equal(error.message, message)
        assert.match(error.hint ?? '', /percent-encoded/)
        assert.doesNotMatch(`${error.message}${error.hint}`, /s3cret/)
        return true
      },
    )
  })
}
