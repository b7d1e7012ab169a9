import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Database, Sql } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { SessionLostError } from '../../src/errors.ts'
import { silentLogger } from '../../src/logger.ts'
import { relayTo, type Fault } from '../support/relay.ts'
import { createTestDatabase } from '../support/test-database.ts'

/** ms. TCP notices after a quarter of an hour, a server drops what is idle in a transaction after a minute. */
const SOON = 30_000

/** Nothing that the relay does here ends by itself while a test runs. */
const FOR_EVER = 600_000

interface Watched {
  readonly database: Database
  /** The same database, by another way. */
  readonly beside: Database
  /** Does this to the connection that was opened last. */
  disturb(fault: Fault): void
}

async function openWatched(t: TestContext): Promise<Watched> {
  const { url } = await createTestDatabase(t)
  const relay = await relayTo(t, url)
  const open = async (by: string): Promise<Database> => {
    const database = await openDatabase({ url: by, directory: '', schema: 'public', logger: silentLogger })
    t.after(() => database.close())
    return database
  }
  const beside = await open(url)
  await beside.sql`create table item (id int primary key, name text)`
  await beside.sql`insert into item values (1, 'before')`
  const database = await open(relay.url)
  return { database, beside, disturb: (fault) => relay.disturb(relay.size - 1, fault, FOR_EVER) }
}

/** Resolves when a backend waits as `query` says, of this database. */
async function seen({ sql }: Database, query: string): Promise<void> {
  for (;;) {
    const rows = await sql.unsafe(
      `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and ${query}`,
    )
    if (rows.length > 0) return
    await sql`select pg_sleep(0.01)`
  }
}

const isLost = (error: unknown): boolean => {
  assert.ok(error instanceof SessionLostError, String(error))
  return true
}

describe('an answer that does not come', { concurrency: true, timeout: 120_000 }, () => {
  for (const [what, fault] of [
    ['the server is told that the client is gone, and the client hears nothing', 'deaf'],
    ['the server has answered, and it is lost on the way', 'stall'],
  ] as const) {
    test(`is noticed where ${what}`, async (t) => {
      const { database, beside, disturb } = await openWatched(t)
      const from = performance.now()
      const work = database.transaction(async ({ sql }) => {
        await sql`update item set name = 'within'`
        const waiting = sql`select pg_sleep(1), 'the answer'`.execute()
        await seen(beside, `query like '%the answer%' and state = 'active'`)
        disturb(fault)
        await waiting
      })
      await assert.rejects(work, isLost)
      const waited = Math.round(performance.now() - from)
      t.diagnostic(`after ${waited} ms`)
      assert.ok(waited < SOON)
      // Its locks are free, and what it wrote is undone.
      assert.equal(await nameOf(beside.sql), 'before')
    })
  }

  test('leaves no locks behind where the client knows, and the server does not', async (t) => {
    const { database, beside, disturb } = await openWatched(t)
    const work = database.transaction(async ({ sql }) => {
      await sql`update item set name = 'within'`
      disturb('mute')
      await sql`select 1`
    })
    await assert.rejects(work, isLost)
    await seen(beside, `state = 'idle in transaction'`)
    assert.equal(await nameOf(beside.sql), 'before')
  })

  test('is waited for while the server works on it', async (t) => {
    const { database, beside } = await openWatched(t)
    // Longer than three looks, at the last of which an idle backend would be given up.
    const rows = await database.transaction(
      ({ sql }) => sql`select pg_sleep(13), name from item where id = 1 for update`,
    )
    assert.equal(rows[0]?.['name'], 'before')
    assert.equal(await nameOf(beside.sql), 'before')
  })

  test('is waited for while another transaction has the lock', async (t) => {
    const { database, beside } = await openWatched(t)
    const holding = beside.transaction(async ({ sql }) => {
      await sql`update item set name = 'held'`
      await seen(beside, `wait_event_type = 'Lock'`)
      await sql`select pg_sleep(13)`
    })
    await seen(beside, `query like 'update item%' and state like 'idle%'`)
    const rows = await database.transaction(({ sql }) => sql`select name from item where id = 1 for update`)
    assert.equal(rows[0]?.['name'], 'held')
    await holding
  })
})

/** Waits for who has its lock. */
async function nameOf(sql: Sql): Promise<unknown> {
  const [row] = await sql`select name from item where id = 1 for update`
  return row?.['name']
}
