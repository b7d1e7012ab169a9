import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { queryObjects } from 'node:v8'
import {
  DatabaseUnavailableError,
  SessionLostError,
  TransactionAbortedError,
  TransactionOverError,
} from '../../src/errors.ts'
import type { Database, Sql, Transaction } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'
import { relayTo } from '../support/relay.ts'
import { createTestDatabase, openTestDatabase } from '../support/test-database.ts'

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

test('what is sent with BEGIN is done before the work begins, and with it', async (t) => {
  const database = await openWithTable(t)
  let found: number | undefined
  const first = async (sql: Transaction['sql']): Promise<void> => {
    found = (await sql`select from item for update`).length
  }
  await database.transaction(
    async ({ sql }) => {
      assert.equal(found, 0)
      await sql`insert into item (id) values (${1})`
    },
    { first, last: 'insert into item (id) values (2)' },
  )
  assert.equal((await database.sql`select from item`).length, 2)
  const failing = database.transaction(() => assert.fail('it began'), {
    first: (sql) => sql`select 1 / 0`,
  })
  await assert.rejects(failing, /division by zero/)
})

test('what is sent with COMMIT decides about it, too', async (t) => {
  const database = await openWithTable(t)
  const insert = async ({ sql }: Transaction): Promise<void> => {
    await sql`insert into item (id) values (1)`
  }
  await assert.rejects(database.transaction(insert, { last: 'select 1 / 0' }), /division by zero/)
  assert.equal((await database.sql`select from item`).length, 0)
  await database.transaction(insert, { last: 'insert into item (id) values (2)' })
  assert.equal((await database.sql`select from item`).length, 2)
})

test('what goes wrong at a COMMIT with another statement is told as without, and the session is as good as before', async (t) => {
  const database = await openWithTable(t)
  await database.sql`create table child (item int references item (id) deferrable initially deferred)`
  const last = 'select 1'
  const swallows = database.transaction(({ sql }) => sql`select 1 / 0`.catch(() => {}), { last })
  await assert.rejects(swallows, TransactionAbortedError)
  const dangling = database.transaction(({ sql }) => sql`insert into child values (7)`, { last })
  await assert.rejects(dangling, TransactionAbortedError)
  const over = database.transaction(({ sql }) => sql`select 1 ${sql`; commit`}`.simple(), { last })
  await assert.rejects(over, TransactionOverError)
  await database.transaction(({ sql }) => sql`insert into item (id) values (1)`, { last })
  assert.deepEqual(await ids(database), [1])
  const left = await database.sql`
    select pid from pg_stat_activity where datname = current_database() and state like 'idle in%'`
  assert.equal(left.length, 0)
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

test('a COMMIT among the statements of a transaction is told, and nothing is written outside of it', async (t) => {
  const database = await openWithTable(t)
  const transaction = database.transaction(async ({ sql }) => {
    await sql`insert into item (id) values (1) ${sql`; commit`}`.simple()
    await sql`insert into item (id) values (2)`
  })
  await assert.rejects(transaction, TransactionOverError)
  const caught = database.transaction(async ({ sql }) => {
    await sql`select 1 ${sql`; commit`}`.simple()
    await sql`insert into item (id) values (3)`.catch(() => {})
  })
  await assert.rejects(caught, TransactionOverError)
  // Whatever it failed with: what it committed stays, and that is what has to be known.
  const wrapped = database.transaction(async ({ sql }) => {
    await sql`${sql`commit`}`.simple()
    throw new Error('boom')
  })
  await assert.rejects(wrapped, (error: TransactionOverError) => {
    assert.ok(error instanceof TransactionOverError)
    assert.deepEqual(error.cause, new Error('boom'))
    return true
  })
  await database.transaction(({ sql }) => sql`insert into item (id) values (4)`)
  assert.deepEqual(await ids(database), [1, 4])
})

for (const [statement, words] of [
  ['commit', 'COMMIT'],
  ['\n  -- done\n  END', 'END'],
  ['Rollback work;', 'ROLLBACK'],
  ['begin', 'BEGIN'],
  ['start  transaction read only', 'START TRANSACTION'],
  ["prepare transaction 'mine'", 'PREPARE TRANSACTION'],
  ['select 1; ROLLBACK WORK\n  AND CHAIN', 'ROLLBACK'],
  ['/* at the end */ commit', 'COMMIT'],
  ['insert into item (id) values (2); begin; insert into item (id) values (3)', 'BEGIN'],
  ["select ';'; -- one\n/* two */ start transaction", 'START TRANSACTION'],
] as const) {
  test(`${JSON.stringify(statement)} is not sent, in a transaction or outside of one`, async (t) => {
    const database = await openWithTable(t)
    const isRefused = (error: unknown): boolean => {
      assert.ok(error instanceof TransactionOverError)
      assert.equal(error.message, `${words} was not sent: Pawl begins and ends transactions by itself`)
      return true
    }
    const failing = database.transaction(async ({ sql }) => {
      await sql`insert into item (id) values (1)`
      await sql.unsafe(statement)
    })
    await assert.rejects(failing, isRefused)
    await assert.rejects(database.userSql.unsafe(statement), isRefused)
    assert.deepEqual(await ids(database), [])
  })
}

test('a savepoint of a user, a block and words in a text are sent', async (t) => {
  const database = await openWithTable(t)
  await database.transaction(async ({ sql }) => {
    await sql`savepoint mine`
    await sql`insert into item (id) values (1)`
    await sql.unsafe('rollback to savepoint mine')
    await sql.unsafe('do $$ begin insert into item (id) values (2); end $$')
    await sql`insert into item (id, tag) values (3, 'commit')`
    await sql.unsafe(
      `/* done */ update item set tag = '; commit' where id = 3; select case when true then 1 end`,
    )
    await sql.unsafe(
      'create function one() returns int language sql begin atomic select 1; end; select one()',
    )
  })
  assert.deepEqual(await ids(database), [2, 3])
})

test('every transaction and statement is read committed, whatever the database says', async (t) => {
  const { url } = await createTestDatabase(t)
  const open = (): Promise<Database> =>
    openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  const first = await open()
  await first.sql`
    do $$ begin execute format('alter database %I set default_transaction_isolation = serializable', current_database()); end $$`
  await first.close()
  const database = await open()
  t.after(() => database.close())
  const level = async (sql: Sql): Promise<unknown> =>
    (await sql`select current_setting('transaction_isolation') as level`)[0]?.['level']
  assert.deepEqual(
    [
      await database.transaction(({ sql }) => level(sql)),
      await level(database.sql),
      await level(database.userSql),
      await level((await database.openSession()).sql),
    ],
    Array.from({ length: 4 }, () => 'read committed'),
  )
})

test('bytes and times are read as they are, whatever the database says of their output', async (t) => {
  const { url } = await createTestDatabase(t)
  const open = (): Promise<Database> =>
    openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  const first = await open()
  await first.sql`
    do $$ begin
      execute format('alter database %I set bytea_output = escape', current_database());
      execute format('alter database %I set datestyle = ''SQL, DMY''', current_database());
    end $$`
  await first.close()
  const database = await open()
  t.after(() => database.close())
  const [row] = await database.userSql`
    select '\\x0102'::bytea as bytes, timestamptz '2026-02-03 04:05:06Z' as time, '03/02/2026'::date::text as day`
  assert.deepEqual(
    { ...row },
    { bytes: Buffer.from([1, 2]), time: new Date('2026-02-03T04:05:06Z'), day: '2026-02-03' },
  )
})

test('a constraint that fails at COMMIT rejects, and the session is as good as before', async (t) => {
  const database = await openWithTable(t)
  await database.sql`create table child (item int references item (id) deferrable initially deferred)`
  await assert.rejects(
    database.transaction(({ sql }) => sql`insert into child values (7)`),
    (error: TransactionAbortedError) => {
      assert.ok(error instanceof TransactionAbortedError)
      assert.match(
        error.message,
        /deferred to the end of the transaction failed: .*"child_item_fkey" \(Key \(item\)=\(7\)/,
      )
      assert.equal((error.cause as { code?: string }).code, '23503')
      return true
    },
  )
  await database.transaction(({ sql }) => sql`insert into item (id) values (1)`)
  assert.deepEqual(await ids(database), [1])
})

test('single statements go on after every connection was killed', async (t) => {
  const database = await openWithTable(t)
  const ten = Array.from({ length: 10 }, (_, index) => index)
  for (let round = 0; round < 3; round += 1) {
    const running = ten.map(() => database.sql`select pg_sleep(0.2)`.catch((error: unknown) => error))
    await database.impatientSql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query like '%pg_sleep(0.2)'`
    const outcomes = await Promise.all(running)
    assert.ok(outcomes.some((outcome) => outcome instanceof SessionLostError))
    assert.ok(outcomes.every((outcome) => !(outcome instanceof Error) || outcome instanceof SessionLostError))
  }
  const rows = await Promise.all(ten.map((n) => database.sql<{ n: number }[]>`select ${n}::int as n`))
  assert.deepEqual(
    rows.map(([row]) => row?.n),
    ten,
  )
})

test('a single statement can be all that postgres.js knows: arrays, files, cursors, many at once, notify', async (t) => {
  const database = await openWithTable(t)
  const { sql } = database
  const [arrays] =
    await sql`select ${sql.array(['a', 'b'])} as tags, ${sql.array([1, 2])}::int[] as ids, ${[3n]}::int8[] as big`
  assert.deepEqual(arrays, { tags: ['a', 'b'], ids: [1, 2], big: [3n] })
  const folder = await mkdtemp(join(tmpdir(), 'pawl-sql-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'insert.sql'), 'insert into item (id) values ($1)')
  await sql.file(join(folder, 'insert.sql'), [1])
  await assert.rejects(sql.file(join(folder, 'none.sql')), { code: 'ENOENT' })
  const seen: unknown[] = []
  for await (const rows of sql`select id from item`.cursor(10)) seen.push(...rows)
  assert.deepEqual(seen, [{ id: 1 }])
  let hear = (_payload: string): void => {}
  const heard = new Promise<string>((resolve) => (hear = resolve))
  await database.listen('news', hear)
  await sql.notify('news', 'hello')
  assert.equal(await heard, 'hello')
  await assert.rejects(sql`select nothing`, { code: '42703' })
})

test('after close nothing starts, and what runs is cut off', async (t) => {
  const database = await openWithTable(t)
  const sleeping = database.transaction(({ sql }) => sql`select pg_sleep(30)`)
  const single = database.sql`select pg_sleep(30)`.catch((error: unknown) => error)
  await database.transaction(({ sql }) => sql`select 1`)
  await Promise.all([database.close(), database.close()])
  await assert.rejects(sleeping, SessionLostError)
  assert.ok((await single) instanceof Error)
  await assert.rejects(database.sql`select 1`, DatabaseUnavailableError)
  await assert.rejects(
    database.transaction(async () => {}),
    DatabaseUnavailableError,
  )
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

test('arrays of types that users make are known once they were looked for', async (t) => {
  const database = await openTestDatabase(t)
  await database.sql`create type mood as enum ('sad', 'so "so"', 'a,b')`
  await database.sql`create table diary (moods mood[], grid int8[][])`
  await database.learnTypes()
  const moods = ['so "so"', 'a,b', null]
  const grid = [
    [1n, 2n],
    [3n, -4n],
  ]
  await database.sql`insert into diary values (${moods}, ${grid})`
  await database.transaction(({ sql }) => sql`insert into diary values (${moods}, ${grid})`)
  const rows = await database.sql`select * from diary`
  assert.deepEqual(
    [...rows],
    [
      { moods, grid },
      { moods, grid },
    ],
  )
})

test('a connection that is lost at any moment of its opening rejects, and leaves no rejection that nobody can catch', async (t) => {
  const { url } = await createTestDatabase(t)
  const relay = await relayTo(t, url)
  const rejections: unknown[] = []
  const note = (error: unknown): void => void rejections.push(error)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  let answers = 1
  for (let opened = false; !opened; answers += 1) {
    relay.cutAfter(answers)
    const opening = openDatabase({ url: relay.url, directory: '', schema: 'public', logger: silentLogger })
    opened = await opening.then(
      async (database) => {
        await database.close()
        return true
      },
      (error: unknown) => {
        assert.ok(
          error instanceof DatabaseUnavailableError || error instanceof SessionLostError,
          String(error),
        )
        return false
      },
    )
  }
  // Rejections are told after the promises' turn.
  await new Promise(setImmediate)
  assert.ok(answers > 4, `${answers} answers`)
  assert.deepEqual(rejections, [])
})

test('transactions leave nothing behind in memory', async (t) => {
  const database = await openTestDatabase(t)
  // Objects and functions are counted, after a collection of the garbage: bytes differ with what was compiled meanwhile.
  const run = async (count: number): Promise<number> => {
    for (let n = 0; n < count; n += 1) await database.transaction(({ sql }) => sql`select ${n}::int`)
    return queryObjects(Object, { format: 'count' })
  }
  const before = await run(100)
  const kept = (await run(500)) - before
  // What waits for a session's end must not be kept by it: a `Promise.race` kept 20 objects of each transaction.
  assert.ok(kept < 250, `${kept} objects`)
})
