// DipDup's own cases of a rollback, in Pawl's terms: what its users rely on when they come over.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { createActor, waitFor } from 'xstate'
import { defineConfig, pawl, type HookContext } from 'pawl'
import { simulateChain, type SimulatedChain } from 'pawl/testing'
import { RollbackError } from '../../src/errors.ts'
import { pruneJournal } from '../../src/database/prune-journal.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { openJournal, type JournalFixture } from './journal-fixture.ts'

const HOLDERS = `
  create table holder (address text primary key, balance numeric not null default 0, turnover numeric not null default 0,
    tx_count int not null default 0, last_seen timestamptz, note text);`

const holders = async ({ sql }: JournalFixture): Promise<string[]> =>
  (
    await sql<
      { row: string }[]
    >`select concat_ws(' ', address, balance, tx_count, note) as row from holder order by address`
  ).map(({ row }) => row)

const refuses = (pattern: RegExp) => (error: unknown) => {
  assert(error instanceof RollbackError, String(error))
  assert.match(error.message, pattern)
  return true
}

test('a row that is inserted, updated and deleted over three levels comes back level by level', async (t) => {
  const db = await openJournal(t, HOLDERS)
  await db.level(`insert into holder (address, balance) values ('tz1', 10)`)
  await db.level(`update holder set balance = 20, tx_count = 1 where address = 'tz1'`)
  await db.level(`delete from holder where address = 'tz1'`)
  assert.deepEqual(await holders(db), [])
  assert.deepEqual(await db.revert(2), [{ table: 'holder', restored: 1, changed: 0, removed: 0 }])
  assert.deepEqual(await holders(db), ['tz1 20 1'])
  assert.deepEqual(await db.revert(1), [{ table: 'holder', restored: 0, changed: 1, removed: 0 }])
  assert.deepEqual(await holders(db), ['tz1 10 0'])
  assert.deepEqual(await db.revert(0), [{ table: 'holder', restored: 0, changed: 0, removed: 1 }])
  assert.deepEqual(await holders(db), [])
})

test('the three at once come back, too', async (t) => {
  const db = await openJournal(t, HOLDERS)
  await db.level(`insert into holder (address) values ('tz1')`)
  await db.level(`insert into holder (address, balance) values ('tz2', 10)`)
  await db.level(`update holder set balance = 20`)
  await db.level(`delete from holder`)
  await db.revert(1)
  assert.deepEqual(await holders(db), ['tz1 0 0'])
})

test('what was null is null again, and what was not is not', async (t) => {
  const db = await openJournal(t, HOLDERS)
  await db.level(
    `insert into holder (address, note, last_seen) values ('tz1', null, null), ('tz2', 'here', 'infinity')`,
  )
  await db.level(`update holder set note = 'set', last_seen = now() where address = 'tz1';
    update holder set note = null, last_seen = null where address = 'tz2'`)
  await db.level(`update holder set note = ''; delete from holder`)
  await db.revert(1)
  const rows = await db.sql`select note, last_seen::text from holder order by address`
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      { note: null, last_seen: null },
      { note: 'here', last_seen: 'infinity' },
    ],
  )
})

test('bulk create and bulk update are undone like any other write', async (t) => {
  const db = await openJournal(t, HOLDERS)
  const addresses = Array.from({ length: 500 }, (_, n) => ({ address: `tz${n}`, balance: n }))
  await db.level((sql) => sql`insert into holder ${sql(addresses.slice(0, 250))}`)
  await db.level((sql) => sql`insert into holder ${sql(addresses.slice(250))}`)
  await db.level(
    (sql) => sql`
      update holder h set balance = u.balance::numeric, tx_count = 1
      from (values ${sql(addresses.map(({ address }) => [address, '7']))}) u (address, balance) where h.address = u.address`,
  )
  assert.deepEqual(await db.revert(1), [{ table: 'holder', restored: 0, changed: 250, removed: 250 }])
  const [row] =
    await db.sql`select count(*)::int as rows, sum(balance)::int as balance, max(tx_count) as count from holder`
  assert.deepEqual({ ...row }, { rows: 250, balance: (249 * 250) / 2, count: 0 })
})

test('an update that counts from the value it finds is not applied twice', async (t) => {
  const db = await openJournal(t, HOLDERS)
  const transfer = (amount: number) => async () => {
    await db.level(`insert into holder (address, balance, tx_count) values ('tz1', ${amount}, 1)
      on conflict (address) do update set balance = holder.balance + excluded.balance, tx_count = holder.tx_count + 1`)
  }
  for (const amount of [10, 0.1, -5]) await transfer(amount)()
  assert.deepEqual(await holders(db), ['tz1 5.1 3'])
  await db.revert(1)
  assert.deepEqual(await holders(db), ['tz1 10 1'])
  for (const amount of [0.2, 3]) await transfer(amount)()
  assert.deepEqual(await holders(db), ['tz1 13.2 3'])
})

test('an immune table keeps what was written to it', async (t) => {
  const db = await openJournal(t, `${HOLDERS} create table price (at int primary key, usd numeric);`)
  await db.track(['price'])
  await db.level(`insert into holder (address) values ('tz1'); insert into price values (1, 1.5)`)
  await db.level(`update price set usd = 2; insert into price values (2, 3); delete from holder`)
  await db.revert(0)
  assert.deepEqual(await holders(db), [])
  assert.equal((await db.sql`select from price`).length, 2)
})

test('a level that was processed is undone and indexed again as it is on the new chain', async (t) => {
  const db = await openJournal(t, HOLDERS)
  await db.level(`insert into holder (address, note) values ('tz1', 'stays')`)
  await db.level(`insert into holder (address, note) values ('tz2', 'orphan')`)
  await db.revert(1)
  assert.deepEqual(await db.cursor(), { level: '1', hash: 'hash 1' })
  await db.level(`insert into holder (address, note) values ('tz2', 'canonical')`)
  assert.deepEqual(await holders(db), ['tz1 0 0 stays', 'tz2 0 0 canonical'])
  assert.equal((await db.cursor()).level, '2')
})

/** Indexes a simulated chain until its head is committed; `at` runs in the handler of level 10, once. */
const indexChain = async (
  t: TestContext,
  at: (chain: SimulatedChain) => void,
  onRollback: (ctx: HookContext, index: string, fromLevel: number, toLevel: number) => Promise<void>,
): Promise<{ hashes: readonly string[]; canonical: readonly string[] }> => {
  const { url } = await createTestDatabase(t)
  const chain = simulateChain({ seed: 7, length: 25, finality: 20 })
  let done = false
  const root = createActor(
    pawl(
      defineConfig({
        database: url,
        on_reindex: async ({ sql }) => {
          await sql`create table block (level int primary key, hash text not null)`
        },
        on_index_rollback: onRollback,
        indexes: {
          blocks: {
            datasource: chain.datasource(),
            handler: async ({ sql }, { level, hash }) => {
              if (level === 10 && !done) {
                done = true
                at(chain)
              }
              await sql`insert into block values (${level}, ${hash})`
            },
          },
        },
      }),
    ),
  )
  await new Promise<void>((resolve, reject) => {
    root.on('index.progress', ({ hash }) => {
      if (hash === chain.head.hash) resolve()
    })
    root.on('index.failed', ({ error }) => reject(error as Error))
    root.subscribe({ error: reject })
    root.start()
  })
  root.send({ type: 'STOP' })
  await waitFor(root, ({ status }) => status !== 'active')
  const sql = postgres(url, { max: 1 })
  const rows = await sql<{ hash: string }[]>`select hash from block order by level`
  await sql.end()
  return { hashes: rows.map(({ hash }) => hash), canonical: chain.canonical().map(({ hash }) => hash) }
}

test('a reorg over levels that are still queued leaves none of their blocks', async (t) => {
  const { hashes, canonical } = await indexChain(
    t,
    (chain) => chain.reorg(9, 12),
    (ctx, index, fromLevel, toLevel) => ctx.rollback(index, fromLevel, toLevel),
  )
  assert.deepEqual(hashes, canonical)
})

test('a rollback to the same level, or forward, is refused; then the right one is done', async (t) => {
  const refused: string[] = []
  const { hashes, canonical } = await indexChain(
    t,
    (chain) => chain.reorg(17, 20),
    async (ctx, index, fromLevel, toLevel) => {
      for (const wrong of [fromLevel, fromLevel + 1]) {
        await ctx.rollback(index, fromLevel, wrong).catch((error: unknown) => {
          assert(error instanceof RollbackError, String(error))
          refused.push(error.message)
        })
      }
      await ctx.rollback(index, fromLevel, toLevel)
    },
  )
  assert.deepEqual(hashes, canonical)
  assert.equal(refused.length, 2)
  for (const message of refused) assert.match(message, /rollback.*"blocks"/)
})

test('a level that was not written yet leaves nothing to undo', async (t) => {
  const db = await openJournal(t, HOLDERS)
  await db.level(`insert into holder (address) values ('tz1')`)
  // Level 2 left the chain while it waited.
  assert.deepEqual(await db.revert(1), [])
  assert.deepEqual(await holders(db), ['tz1 0 0'])
  assert.deepEqual(await db.cursor(), { level: '1', hash: 'hash 1' })
})

test('deeper than what is kept is refused, and nothing is half undone', async (t) => {
  const db = await openJournal(t, HOLDERS)
  for (let n = 1; n <= 5; n += 1) await db.level(`insert into holder (address) values ('tz${n}')`)
  await pruneJournal(db.sql, { ownSchema: 'pawl', indexId: 1, finalized: 3 })
  await assert.rejects(db.revert(2), refuses(/transfers cannot be rolled back to level 2: level 3 is final/))
  assert.equal((await holders(db)).length, 5)
  assert.equal((await db.cursor()).level, '5')
  await db.revert(3)
  assert.equal((await holders(db)).length, 3)
})
