import assert from 'node:assert/strict'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test, type TestContext } from 'node:test'
import type postgres from 'postgres'
import type { Database, Sql } from '../../src/database/database.ts'
import { SessionLostError, TransactionOverError } from '../../src/errors.ts'
import { openTestDatabase } from '../support/test-database.ts'

async function openWithTable(t: TestContext): Promise<Database> {
  const database = await openTestDatabase(t)
  await database.sql`create table item (id int primary key)`
  return database
}

const idsOf = async ({ sql }: Database): Promise<number[]> =>
  (await sql<{ id: number }[]>`select id from item order by id`).map(({ id }) => id)

const copyIn = async (sql: Sql, lines: readonly string[]): Promise<void> => {
  await pipeline(Readable.from(lines), await sql`copy item from stdin`.writable())
}

function iterate(sql: Sql): AsyncIterator<postgres.Row[]> {
  return sql`select n from generate_series(1, 100) n`.cursor(1)[Symbol.asyncIterator]()
}

test('COPY belongs to its transaction', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(({ sql }) => copyIn(sql, ['1\n', '2\n']))
  const failing = database.transaction(async ({ sql }) => {
    await copyIn(sql, ['3\n'])
    throw new Error('mine')
  })
  await assert.rejects(failing, /mine/)
  assert.deepEqual(await idsOf(database), [1, 2])
})

test('a bad row in COPY rejects, and the session is as good as before', async (t) => {
  const database = await openWithTable(t)
  const copying = database.transaction(({ sql }) => copyIn(sql, ['1\n', 'not a number\n']))
  await assert.rejects(copying, /invalid input syntax for type integer/)
  await database.transaction(({ sql }) => copyIn(sql, ['2\n']))
  assert.deepEqual(await idsOf(database), [2])
})

test('a COPY that is still open at the end fails the transaction', async (t) => {
  const database = await openWithTable(t)
  const transaction = database.transaction(async ({ sql }) => {
    const stream: Writable = await sql`copy item from stdin`.writable()
    stream.write('1\n')
  })
  await assert.rejects(transaction, TransactionOverError)
  assert.deepEqual(await idsOf(database), [])
})

test('a COPY whose backend dies rejects', async (t) => {
  const database = await openWithTable(t)
  const transaction = database.transaction(async ({ sql }) => {
    const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
    const stream = await sql`copy item from stdin`.writable()
    await database.sql`select pg_terminate_backend(${row?.pid ?? 0}, 5000)`
    await pipeline(Readable.from(['1\n']), stream)
  })
  await assert.rejects(transaction, SessionLostError)
  assert.deepEqual(await idsOf(database), [])
})

test('COPY out gives every row', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(async ({ sql }) => {
    const chunks: string[] = []
    const rows = await sql`copy (select n from generate_series(1, 5000) n) to stdout`.readable()
    for await (const chunk of rows) chunks.push(String(chunk))
    assert.equal(chunks.join('').split('\n').length, 5001)
    await sql`insert into item values (1)`
  })
  assert.deepEqual(await idsOf(database), [1])
})

test('a reader that leaves COPY out early does not hold the transaction up', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(async ({ sql }) => {
    for await (const _ of await sql`copy (select n from generate_series(1, 300000) n) to stdout`.readable())
      break
  })
  await database.transaction(({ sql }) => sql`insert into item values (1)`)
  assert.deepEqual(await idsOf(database), [1])
})

test('a cursor that is left early, or just dropped, does not hold the transaction up', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(async ({ sql }) => {
    for await (const [row] of sql`select n from generate_series(1, 100) n`.cursor(1)) {
      if (row?.['n'] === 2) break
    }
    await sql`insert into item values (1)`
    await iterate(sql).next()
  })
  await database.transaction(async ({ sql }) => {
    void iterate(sql).next()
    await Promise.resolve()
  })
  await database.transaction(async ({ sql }) => {
    // Behind another statement, which is answered first.
    void sql`select pg_sleep(0.01)`.execute()
    void iterate(sql).next()
    await Promise.resolve()
  })
  assert.deepEqual(await idsOf(database), [1])
})

test('a cursor that loses its connection throws; it does not look like the end of the rows', async (t) => {
  const database = await openWithTable(t)
  const read = async (sql: Sql): Promise<number> => {
    let rows = 0
    for await (const [row] of sql`select pg_backend_pid() as pid from generate_series(1, 1000)`.cursor(1)) {
      rows += 1
      if (rows === 2)
        await database.impatientSql`select pg_terminate_backend(${row?.['pid'] as number}, 5000)`
    }
    return rows
  }
  await assert.rejects(read(database.sql))
  await assert.rejects(
    database.transaction(({ sql }) => read(sql)),
    SessionLostError,
  )
})

test('a cursor with a callback runs to its end before COMMIT', async (t) => {
  const database = await openWithTable(t)
  let seen = 0
  await database.transaction(async ({ sql }) => {
    void sql`select n from generate_series(1, 10) n`
      .cursor(3, (rows) => {
        seen += rows.length
      })
      .catch(() => {})
  })
  assert.equal(seen, 10)
})

test('a statement for each row of a cursor of the same transaction fails, where it would wait for ever', async (t) => {
  const database = await openWithTable(t)
  const reading = database.transaction(async ({ sql }) => {
    for await (const [row] of sql<{ n: number }[]>`select n from generate_series(1, 3) n`.cursor(1)) {
      await sql`insert into item values (${row?.n ?? 0})`
    }
  })
  await assert.rejects(reading, (error: unknown) => {
    assert.ok(error instanceof TransactionOverError)
    return /while a cursor of its transaction was open/.test(error.message)
  })
  assert.deepEqual(await idsOf(database), [])
  // Outside of one the cursor has a connection of its own.
  for await (const [row] of database.userSql<{ n: number }[]>`select n from generate_series(1, 3) n`.cursor(
    1,
  ))
    await database.userSql`insert into item values (${row?.n ?? 0})`
  assert.deepEqual(await idsOf(database), [1, 2, 3])
})

test('so does a savepoint', async (t) => {
  const database = await openWithTable(t)
  const failing = database.transaction(async ({ sql }) => {
    const rows = iterate(sql)
    await rows.next()
    await sql.begin((inner) => inner`insert into item values (1)`)
  })
  await assert.rejects(failing, /^TransactionOverError: a savepoint, of sql\.begin.* was sent while a cursor/)
  assert.deepEqual(await idsOf(database), [])
})

test('rows that are given away for each row of a cursor are written behind it', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(async (transaction) => {
    for await (const [row] of transaction.sql<{ n: number }[]>`select n from generate_series(1, 3) n`.cursor(
      1,
    ))
      transaction.insert('item', { id: row?.n ?? 0 })
  })
  assert.deepEqual(await idsOf(database), [1, 2, 3])
})
