import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RollbackError } from '../../src/errors.ts'
import { openJournal } from './journal-fixture.ts'

const ACCOUNTS = 'create table account (address text primary key, balance numeric not null default 0);'

const reason = (pattern: RegExp) => (error: unknown) => {
  assert(error instanceof RollbackError, String(error))
  assert.match(error.message, pattern)
  return true
}

test('two indexes revert apart from each other', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`)
  await db.level(`insert into account values ('b')`, { index: 2 })
  await db.level(`update account set balance = 1 where address = 'a'`)
  await db.revert(1)
  assert.deepEqual(
    (await db.sql`select address, balance from account order by 1`).map((row) => ({ ...row })),
    [
      { address: 'a', balance: '0' },
      { address: 'b', balance: '0' },
    ],
  )
})

test('a row that another index has written since is a conflict', async (t) => {
  const db = await openJournal(t, ACCOUNTS)
  await db.level(`insert into account values ('a')`)
  await db.level(`update account set balance = 1`)
  await db.level(`update account set balance = 2`, { index: 2 })
  await assert.rejects(db.revert(1), reason(/account .* also written by prices/))
  assert.equal((await db.sql`select balance from account`)[0]?.['balance'], '2')
  await db.revert(0, { index: 2 })
  await db.revert(1)
  assert.equal((await db.sql`select balance from account`)[0]?.['balance'], '0')
})

test('a row that another index wrote before is no conflict', async (t) => {
  const db = await openJournal(t, `${ACCOUNTS} insert into account values ('a', 5)`)
  await db.level(`update account set balance = 6`, { index: 2 })
  await db.level(`update account set balance = 7`)
  await db.revert(0)
  assert.equal((await db.sql`select balance from account`)[0]?.['balance'], '6')
})

test('an index whose level began earlier and wrote later is a conflict', async (t) => {
  const db = await openJournal(t, `${ACCOUNTS} insert into account values ('a', 5)`)
  await db.track()
  await db.level(
    async (sql) => {
      await db.level(`update account set balance = 6`)
      await sql`update account set balance = 7`
    },
    { index: 2 },
  )
  await assert.rejects(db.revert(0), reason(/also written by prices/))
})
