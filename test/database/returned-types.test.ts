import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'
import { createTestDatabase } from '../support/test-database.ts'

test('values come as docs/hooks.md says, in a transaction and outside', async (t) => {
  const { url } = await createTestDatabase(t)
  const database = await openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  t.after(() => database.close())
  const read = (sql: typeof database.sql) => sql`
    select 1::int2 as small, 2 as int, 1.5::float8 as float, 3::int8 as big, count(*) as count,
      sum(1::int8) as sum, 1.50::numeric as numeric, '2026-01-01Z'::timestamptz as at, '2026-01-01'::date as day,
      '12:00'::time as time, '1 day'::interval as span, '\\x00ff'::bytea as bytes, '{"a": 1}'::jsonb as json,
      array[1::int8] as bigs, array[1.5] as numerics, null as nothing`
  const expected = {
    small: 1,
    int: 2,
    float: 1.5,
    big: 3n,
    count: 1n,
    sum: '1',
    numeric: '1.50',
    at: new Date('2026-01-01Z'),
    day: new Date('2026-01-01Z'),
    time: '12:00:00',
    span: '1 day',
    bytes: Buffer.from([0, 255]),
    json: { a: 1 },
    bigs: [1n],
    numerics: ['1.5'],
    nothing: null,
  }
  assert.deepEqual({ ...(await read(database.userSql))[0] }, expected)
  const [row] = await database.transaction(({ sql }) => read(sql))
  assert.deepEqual({ ...row }, expected)
})
