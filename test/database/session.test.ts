import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { SessionLostError, TransactionAbortedError, TransactionOverError } from '../../src/errors.ts'
import type { Database, Sql } from '../../src/database/database.ts'
import { openTestDatabase } from '../support/test-database.ts'

async function openWithTable(t: TestContext): Promise<Database> {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key, tag text, wei numeric(78))`
  return database
}

async function pidOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  assert.ok(row)
  return row.pid
}

const kill = (database: Database, pid: number) => database.sql`select pg_terminate_backend(${pid}, 5000)`

const ids = async ({ sql }: Database): Promise<number[]> =>
  (await sql<{ id: number }[]>`select id from item order by id`).map(({ id }) => id)

test('commits all of a transaction, or nothing', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(({ sql }) => sql`insert into item (id) values (1)`)
  const failing = database.transaction(async ({ sql }) => {
    await sql`insert into item (id) values (2)`
    throw new Error('mine')
  })
  await assert.rejects(failing, /mine/)
  assert.deepEqual(await ids(database), [1])
})

test('a backend that dies while the transaction is idle loses all of it, and nothing runs outside', async (t) => {
  const database = await openWithTable(t)
  const transaction = database.transaction(async ({ sql }) => {
    await sql`insert into item (id) values (1)`
    const others = Array.from({ length: 20 }, () => database.sql`select 1`)
    await kill(database, await pidOf(sql))
    await Promise.all(others)
    await sql`insert into item (id) values (2)`
  })
  await assert.rejects(transaction, SessionLostError)
  assert.deepEqual(await ids(database), [])
})

test('a backend that dies under a running statement rejects it', async (t) => {
  const database = await openWithTable(t)
  const transaction = database.transaction(async ({ sql }) => {
    const pid = await pidOf(sql)
    await Promise.all([sql`select pg_sleep(20)`, kill(database, pid)])
  })
  await assert.rejects(
    transaction,
    (error: Error) => error instanceof SessionLostError || /terminating/.test(error.message),
  )
  await database.transaction(({ sql }) => sql`insert into item (id) values (1)`)
  assert.deepEqual(await ids(database), [1])
})

test('a statement that was not awaited is part of the transaction; one that comes later is refused', async (t) => {
  const database = await openWithTable(t)
  let late: Promise<unknown> = Promise.resolve()
  let kept: Sql | undefined
  await database.transaction(async ({ sql }) => {
    kept = sql
    late = sql`insert into item (id) values (1)`.execute()
  })
  await late
  assert.deepEqual(await ids(database), [1])
  assert.ok(kept)
  await assert.rejects(kept`insert into item (id) values (2)`.execute(), TransactionOverError)
  assert.deepEqual(await ids(database), [1])
})

test('an error that was swallowed cannot look like a commit', async (t) => {
  const database = await openWithTable(t)
  const transaction = database.transaction(async ({ sql }) => {
    await sql`insert into item (id) values (1)`
    await sql`insert into item (id) values (1)`.catch(() => {})
  })
  await assert.rejects(transaction, TransactionAbortedError)
})

test('a savepoint undoes its own statements alone, and two do not interleave', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(async ({ sql }) => {
    await sql`insert into item (id) values (1)`
    const outcomes = await Promise.allSettled([
      sql.begin(async (inner) => {
        await inner`insert into item (id) values (2)`
        await inner`insert into item (id) values (1)`
      }),
      sql.begin(async (inner) => {
        await inner`insert into item (id) values (3)`
        await inner.begin((innermost) => innermost`insert into item (id) values (4)`)
      }),
    ])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    )
  })
  assert.deepEqual(await ids(database), [1, 3, 4])
})

test('aborting cuts a running statement off and rolls back', async (t) => {
  const database = await openWithTable(t)
  const controller = new AbortController()
  const transaction = database.transaction(
    async ({ sql }) => {
      await sql`insert into item (id) values (1)`
      const sleeping = sql`select pg_sleep(30)`.execute()
      controller.abort()
      await sleeping
    },
    { signal: controller.signal },
  )
  await assert.rejects(transaction, SessionLostError)
  assert.deepEqual(await ids(database), [])
})

test('postgres.js stays itself: fragments, helpers, identifiers, json, cursors', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(async ({ sql }) => {
    await sql`insert into item ${sql(
      [
        { id: 1, tag: 'a' },
        { id: 2, tag: 'b' },
      ],
      'id',
      'tag',
    )}`
    const where = sql`where id > ${1}`
    const rows = await sql`select ${sql('tag')} from ${sql('item')} ${where}`
    assert.deepEqual([...rows], [{ tag: 'b' }])
    const [json] = await sql`select ${sql.json({ a: [1, null] })}::jsonb as value`
    assert.deepEqual(json, { value: { a: [1, null] } })
    const seen: unknown[] = []
    for await (const [row] of sql`select id from item order by id`.cursor(1)) seen.push(row?.['id'])
    assert.deepEqual(seen, [1, 2])
  })
})

test('a bigint fits int8, numeric of 78 digits, and arrays', async (t) => {
  const database = await openWithTable(t)
  const wei = 10n ** 77n + 1n
  await database.sql`insert into item ${database.sql({ id: 1, wei })}`
  const [row] = await database.sql<{ wei: string; many: bigint }[]>`
    select wei, 2::int8 ^ 62 as pow, 9007199254740993::int8 as many from item where wei = ${wei} and id = any(${[1n, 2n]})`
  assert.equal(row?.wei, String(wei))
  assert.equal(row?.many, 9007199254740993n)
})

test('a storm of killed backends: no partial transaction, nothing that hangs', async (t) => {
  const database = await openWithTable(t)
  await database.sql`create table pair (a int, b int)`
  let outcomes = 0
  const worker = async (from: number): Promise<void> => {
    for (let id = from; id < from + 150; id += 1) {
      await database
        .transaction(async ({ sql }) => {
          await sql`insert into pair values (${id}, 0)`
          await sql`insert into pair values (${id}, 1)`
        })
        .catch(() => {})
      outcomes += 1
    }
  }
  let working = true
  const killer = async (): Promise<void> => {
    while (working) {
      await database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in%' and random() < 0.5`.catch(
        () => {},
      )
    }
  }
  const killing = killer()
  await Promise.all([worker(0), worker(1_000), worker(2_000)])
  working = false
  await killing
  assert.equal(outcomes, 450)
  const partial = await database.sql`select a from pair group by a having count(*) <> 2`
  assert.deepEqual([...partial], [])
})
