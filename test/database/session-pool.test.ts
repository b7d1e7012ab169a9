import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openDatabase } from '../../src/database/open-database.ts'
import type { Database, Transaction } from '../../src/database/database.ts'
import { DatabaseUnavailableError, SessionLostError } from '../../src/errors.ts'
import { silentLogger } from '../../src/logger.ts'
import { relayTo } from '../support/relay.ts'
import { createTestDatabase } from '../support/test-database.ts'

async function openSmall(t: TestContext, url: string, maxConnections: number): Promise<Database> {
  const database = await openDatabase({
    url,
    directory: '',
    schema: 'public',
    logger: silentLogger,
    maxConnections,
  })
  t.after(() => database.close())
  return database
}

/** Fills the pool; `free` ends the transactions that do. */
async function occupy(database: Database, count: number) {
  let free = (): void => {}
  const held = new Promise<void>((resolve) => (free = resolve))
  const running: Promise<void>[] = []
  const pids: number[] = []
  await Promise.all(
    Array.from({ length: count }, () => {
      return new Promise<void>((started) => {
        running.push(
          database.transaction(async ({ sql }) => {
            const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
            pids.push(row?.pid ?? 0)
            started()
            await held
          }),
        )
      })
    }),
  )
  return { free, pids, ended: Promise.allSettled(running) }
}

const one = ({ sql }: Transaction): Promise<unknown> => sql`select 1`.execute()

test('lends a session to one at a time, in the order of asking', async (t) => {
  const { url } = await createTestDatabase(t)
  const database = await openSmall(t, url, 1)
  const { free, ended } = await occupy(database, 1)
  const order: number[] = []
  const waiting = [1, 2, 3, 4].map((number) =>
    database.transaction(async () => {
      order.push(number)
    }),
  )
  assert.deepEqual(order, [])
  free()
  await Promise.all(waiting)
  await ended
  assert.deepEqual(order, [1, 2, 3, 4])
})

test('sessions are used again; lost ones are replaced', async (t) => {
  const { url } = await createTestDatabase(t)
  const database = await openSmall(t, url, 1)
  const first = await occupy(database, 1)
  first.free()
  await first.ended
  const second = await occupy(database, 1)
  assert.deepEqual(second.pids, first.pids)
  await database.sql`select pg_terminate_backend(${second.pids[0] ?? 0}, 5000)`
  const [outcome] = await second.ended
  assert.ok(outcome?.status === 'rejected' && outcome.reason instanceof SessionLostError)
  const third = await occupy(database, 1)
  assert.notDeepEqual(third.pids, first.pids)
  third.free()
  await third.ended
})

test('what is begun in the work of a transaction does not wait for that to give its session back', async (t) => {
  const { url } = await createTestDatabase(t)
  const database = await openSmall(t, url, 2)
  const inside = (): Promise<unknown> => database.transaction(() => database.transaction(one))
  await Promise.all([inside(), inside()])
})

test('neither levels nor statements of our own wait for those of users, however many and long these are', async (t) => {
  const { url } = await createTestDatabase(t)
  const database = await openSmall(t, url, 1)
  const { free, ended } = await occupy(database, 1)
  await database.transaction(
    async ({ sql }) => {
      await sql`select pg_advisory_xact_lock(2)`
      const long = Array.from({ length: 10 }, () =>
        database.userSql`select pg_advisory_xact_lock(2)`.execute(),
      )
      await database.sql`select 1`
      await database.transaction(one, { isLevel: true })
      void Promise.allSettled(long)
    },
    { isLevel: true },
  )
  free()
  await ended
})

test('where nobody gives a session back for seconds, one more is opened: those who wait may wait for each other', async (t) => {
  const { url } = await createTestDatabase(t)
  const database = await openSmall(t, url, 2)
  const { free, ended } = await occupy(database, 2)
  await database.transaction(async (transaction) => {
    await one(transaction)
    free()
  })
  await ended
})

test('an abort ends the wait for a session', async (t) => {
  const { url } = await createTestDatabase(t)
  const database = await openSmall(t, url, 1)
  const { free, ended } = await occupy(database, 1)
  const controller = new AbortController()
  const waiting = database.transaction(one, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  free()
  await ended
  await database.transaction(one)
})

test('while the server is away every waiter fails; when it is back, all works again', async (t) => {
  const relay = await relayTo(t, (await createTestDatabase(t)).url)
  const database = await openSmall(t, relay.url, 2)
  const { ended } = await occupy(database, 2)
  const waiting = Array.from({ length: 6 }, () => database.transaction(one))
  relay.cut()
  const outcomes = await Promise.allSettled(waiting)
  assert.deepEqual(
    outcomes.map(
      (outcome) => outcome.status === 'rejected' && outcome.reason instanceof DatabaseUnavailableError,
    ),
    Array.from({ length: 6 }, () => true),
  )
  await ended
  await relay.restore()
  await Promise.all(Array.from({ length: 6 }, () => database.transaction(one)))
})

test('listening survives that the server is away', async (t) => {
  const { url } = await createTestDatabase(t)
  const relay = await relayTo(t, url)
  const database = await openSmall(t, relay.url, 2)
  const heard: string[] = []
  let listens = 0
  let wake = (): void => {}
  const next = (): Promise<void> => new Promise((resolve) => (wake = resolve))
  const { unlisten } = await database.listen(
    'Some "channel"',
    (payload) => {
      heard.push(payload)
      wake()
    },
    () => {
      listens += 1
      wake()
    },
  )
  assert.equal(listens, 1)
  const again = next()
  relay.cut()
  // The first tries to reconnect fail.
  await assert.rejects(database.transaction(one))
  await assert.rejects(database.transaction(one), DatabaseUnavailableError)
  await relay.restore()
  await again
  assert.equal(listens, 2)
  const told = next()
  await database.sql`select pg_notify('Some "channel"', 'hello')`
  await told
  assert.deepEqual(heard, ['hello'])
  await unlisten()
})

test('where the server has no connection left, an idle one of another kind is given up, and who can wait waits', async (t) => {
  const { url } = await createTestDatabase(t)
  const admin = await openSmall(t, url, 1)
  const role = `few_${process.pid}`
  // One of the pool, one of single statements, and one of hooks'.
  await admin.sql.unsafe(`create role ${role} login password 'x' connection limit 3`)
  t.after(async () => {
    const other = await openDatabase({
      url: (await createTestDatabase(t)).url,
      directory: '',
      schema: 'public',
      logger: silentLogger,
    })
    await other.sql.unsafe(`drop role ${role}`)
    await other.close()
  })
  const few = new URL(url)
  few.username = role
  few.password = 'x'
  const database = await openSmall(t, few.href, 8)
  await database.sql`select 1`
  await database.userSql`select 1`
  for (let round = 0; round < 3; round += 1) {
    await database.transaction(one, { isLevel: true })
    await database.userSql`select 1`
    await database.sql`select 1`
    await database.transaction(one)
  }
  // More at a time than there are connections.
  await Promise.all(
    Array.from({ length: 20 }, () =>
      database.transaction(({ sql }) => sql`select pg_sleep(0.02)`.execute(), { isLevel: true }),
    ),
  )
})
