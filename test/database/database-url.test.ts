import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseUnavailableError } from 'pawl'
import { checkUrl, describeUrl } from '../../src/database/database-url.ts'

test('URLs of PostgreSQL are taken, also with several hosts', () => {
  for (const url of ['postgres://localhost/db', 'postgresql://a:b@one:5432,two:5433/db'])
    assert.doesNotThrow(() => checkUrl(url), url)
})

for (const [url, message] of [
  ['localhost:5432/s3cret', 'the address of the database is no URL'],
  ['mysql://user:s3cret@localhost/db', 'the address of the database is of mysql, not of PostgreSQL'],
  ['postgres://user:s3cret@local host/db', 'the address of the database cannot be read as a URL'],
  ['postgres://user:s3%cret%ZZ@localhost/db', 'the address of the database cannot be read as a URL'],
  ['postgres://user:12/s3cret@localhost/db', 'the address of the database cannot be read as a URL'],
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

test('an address is described without its password, whatever that holds', () => {
  for (const password of ['s3cret', '12/s3cret', 's3:cret', 's3@cret', ''])
    assert.equal(describeUrl(`postgres://user:${password}@host:5432/db?x=1`), 'postgres://user@host:5432/db')
  assert.equal(describeUrl('postgres://one:1,two:2/db'), 'postgres://one:1,two:2/db')
})
