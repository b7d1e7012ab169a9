import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Database, Transaction } from '../../src/database/database.ts'
import { trackTables } from '../../src/database/journal.ts'
import { quoteName } from '../../src/database/journal-ddl.ts'
import { revertLevels } from '../../src/database/revert-levels.ts'
import type { BlockRef } from '../../src/datasources/datasource.ts'
import { TransactionOverError } from '../../src/errors.ts'
import { createLevelGate } from '../../src/indexing/level-gate.ts'
import { LevelWriter } from '../../src/indexing/level-writer.ts'
import { openTestDatabase } from '../support/test-database.ts'

type Work = (transaction: Transaction, level: number) => Promise<unknown>

interface Levels {
  readonly database: Database
  /** The levels up to `to` in one group, from where the index stands. */
  write(work: Work, options?: { readonly to?: number; readonly journal?: boolean }): Promise<void>
  revert(toLevel: number): Promise<unknown>
  rows(table?: string): Promise<unknown[]>
}

const refOf = (level: number): BlockRef => ({
  level,
  hash: `h${level}`,
  parentHash: `h${level - 1}`,
  timestamp: level,
})

const open = async (t: TestContext): Promise<Levels> => {
  const database = await openTestDatabase(t)
  const { sql, schema, ownSchema } = database
  const track = () =>
    database.transaction((transaction) => trackTables(transaction, { schema, ownSchema, immuneTables: [] }))
  await sql.unsafe('create table account (id int primary key, balance int)')
  await track()
  const [index] = await sql<{ id: number }[]>`
    insert into ${sql(ownSchema)}.index (name) values ('transfers') returning id`
  assert.ok(index)
  const indexId = index.id
  let cursor: BlockRef | undefined
  return {
    database,
    write: async (work, { to = (cursor?.level ?? 0) + 1, journal = true } = {}) => {
      const from = (cursor?.level ?? 0) + 1
      const blocks = Array.from({ length: to - from + 1 }, (_, at) => refOf(from + at))
      const stop = new AbortController()
      const writer = new LevelWriter({
        index: 'transfers',
        database,
        fence: undefined,
        clock: { now: () => 0 } as never,
        gate: createLevelGate(),
        runHandler: async (transaction, [block]) => {
          await work(transaction, block?.level ?? 0)
          // The group ends behind the first level, and the cursor is moved back.
          if (!journal) stop.abort()
        },
        callsOf: (some) => some.map((block) => [block]),
        track,
      })
      const signal = new AbortController().signal
      const group = { blocks, end: refOf(to), journal, indexId, cursor }
      cursor = await writer.write({ ...group, stop: stop.signal, signal, following: () => undefined })
    },
    revert: (toLevel) =>
      database.transaction((transaction) => revertLevels(transaction, { ownSchema, indexId, toLevel })),
    rows: async (table = 'account') =>
      (await sql.unsafe(`select * from ${quoteName(table)} order by 1`)).map((row) => Object.values(row)),
  }
}

const over = (error: unknown): boolean => {
  assert.ok(error instanceof TransactionOverError, String(error))
  assert.match(error.message, /^index "transfers", level \d: .*COMMIT or ROLLBACK .* RESET ALL/)
  return true
}

// Hidden in a fragment: in a text of their own they would not be sent.
for (const how of ['rollback and chain', 'rollback; begin read write', 'reset all']) {
  for (const journal of [true, false]) {
    test(`a handler's "${how}" fails its level, journalled: ${journal}`, async (t) => {
      const levels = await open(t)
      await levels.write(({ sql }) => sql`insert into account values (1, 1)`)
      const work: Work = async ({ sql }) => {
        await sql`insert into account values (2, 2) on conflict do nothing`
        await sql`${sql.unsafe(how)}`.simple()
        await sql`insert into account values (3, 3) on conflict do nothing`
      }
      for (const to of [2, 3]) await assert.rejects(levels.write(work, { to, journal }), over)
      assert.deepEqual(await levels.rows(), [[1, 1]])
      await levels.write(({ sql }) => sql`insert into account values (2, 2)`)
      await levels.revert(1)
      assert.deepEqual(await levels.rows(), [[1, 1]])
    })
  }
}

const ALTERED: readonly [string, string, string, string][] = [
  ['makes', 'create table late (id int primary key)', 'insert into late values (3)', 'late'],
  ['alters', 'alter table account add column note int default 5', 'update account set note = 6', 'account'],
  ['switches off', 'alter table account disable trigger all', 'update account set balance = 3', 'account'],
]

for (const [what, alter, write, table] of ALTERED) {
  test(`a table that another session ${what} before a level writes to it is journalled: the level is tried again`, async (t) => {
    const levels = await open(t)
    await levels.write(({ sql }) => sql`insert into account values (1, 1)`)
    const run: number[] = []
    await levels.write(async ({ sql }, level) => {
      if (run.push(level) === 1) await levels.database.sql.unsafe(alter)
      await sql.unsafe(write)
    })
    assert.deepEqual(run, [2, 2])
    await levels.revert(1)
    const now = await levels.rows(table)
    assert.deepEqual(now, table === 'late' ? [] : [what === 'alters' ? [1, 1, 5] : [1, 1]])
  })
}

test('a table that another session makes, and the level does not write to, is no concern of the level', async (t) => {
  const levels = await open(t)
  const run: number[] = []
  await levels.write(async ({ sql }, level) => {
    run.push(level)
    await levels.database.sql`create table late (id int primary key)`
    await sql`create temp table scratch (id int) on commit drop`
    await sql`insert into account values (1, 1)`
  })
  await levels.write(async ({ sql }, level) => {
    run.push(level)
    await sql`insert into late values (1)`
  })
  assert.deepEqual(run, [1, 2])
  await levels.revert(1)
  assert.deepEqual(await levels.rows('late'), [])
})

test('a constraint that is deferred to the end of a level is told with index and level', async (t) => {
  const { database, write, rows } = await open(t)
  await database.sql`alter table account add parent int references account (id) deferrable initially deferred`
  const failing = write(({ sql }) => sql`insert into account (id, parent) values (1, 7)`)
  await assert.rejects(failing, {
    code: 'TRANSACTION_ABORTED',
    message: /^index "transfers", level 1: nothing was committed: .* deferred .*"account_parent_fkey"/,
  })
  assert.deepEqual(await rows(), [])
})
