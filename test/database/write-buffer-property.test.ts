import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Sql, Transaction } from '../../src/database/database.ts'
import { openTestDatabase } from '../support/test-database.ts'

const RUNS = Number(process.env['PAWL_RUNS'] ?? 40)

/**
 * The same tables twice: `a_` is written by the buffer, `b_` row by row. What a later row overwrites before anything reads it
 * PostgreSQL never sees of the buffer, and so does not check: foreign keys are checked at the end.
 */
const tables = (prefix: string): string => `
  create table ${prefix}parent (id int primary key, note text);
  create table ${prefix}child (id int primary key, parent int references ${prefix}parent deferrable initially deferred, amount numeric);
  create table ${prefix}balance (account text primary key, amount numeric(78), times int, first int, last text);
  create table ${prefix}tag (id int, name text, seen int, primary key (id, name));`

const TABLES = ['parent', 'child', 'balance', 'tag']

type Write =
  | { readonly do: 'parent'; readonly id: number; readonly note: string | null; readonly upsert: boolean }
  | { readonly do: 'child'; readonly id: number; readonly parent: number; readonly amount: number }
  | {
      readonly do: 'balance'
      readonly account: string
      readonly amount: bigint
      readonly last: string
      readonly level: number
    }
  | { readonly do: 'tag'; readonly id: number; readonly name: string; readonly keep: boolean }
  | { readonly do: 'read' }

type Step = Write | { readonly do: 'savepoint'; readonly fails: boolean; readonly steps: readonly Write[] }

const small = fc.integer({ min: 0, max: 5 })
const letter = fc.constantFrom('a', 'b', 'A', 'ä', '', '"', '\\', 'null')
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ do: fc.constant('parent' as const), id: small, note: fc.option(letter), upsert: fc.boolean() }),
  fc.record({
    do: fc.constant('child' as const),
    id: fc.integer({ min: 0, max: 40 }),
    parent: small,
    amount: small,
  }),
  fc.record({
    do: fc.constant('balance' as const),
    account: letter,
    amount: fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }),
    last: letter,
    level: small,
  }),
  fc.record({ do: fc.constant('tag' as const), id: small, name: letter, keep: fc.boolean() }),
  fc.constant({ do: 'read' as const }),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: write },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('savepoint' as const),
      fails: fc.boolean(),
      steps: fc.array(write, { maxLength: 8 }),
    }),
  },
)

type Apply = (transaction: Transaction, write: Write) => Promise<void>

const buffered: Apply = async (transaction, one) => {
  switch (one.do) {
    case 'parent': {
      const row = { id: one.id, note: one.note }
      if (one.upsert) transaction.upsert('a_parent', row, { key: 'id' })
      else transaction.upsert('a_parent', { id: one.id, note: 'first' }, { key: 'id', keep: 'note' })
      break
    }
    case 'child':
      transaction.upsert(
        'a_child',
        { id: one.id, parent: one.parent, amount: one.amount / 4 },
        { key: 'id', add: 'amount' },
      )
      break
    case 'balance':
      transaction.upsert(
        'a_balance',
        { account: one.account, amount: one.amount, times: 1, first: one.level, last: one.last },
        { key: 'account', add: ['amount', 'times'], keep: 'first' },
      )
      break
    case 'tag':
      transaction.upsert(
        'a_tag',
        { id: one.id, name: one.name, seen: 1 },
        { key: ['name', 'id'], [one.keep ? 'keep' : 'add']: 'seen' },
      )
      break
    case 'read':
      await transaction.sql`select count(*) from a_child`
  }
}

const plain: Apply = async ({ sql }, one) => {
  switch (one.do) {
    case 'parent':
      if (one.upsert)
        await sql`insert into b_parent values (${one.id}, ${one.note}) on conflict (id) do update set note = excluded.note`
      else await sql`insert into b_parent values (${one.id}, 'first') on conflict (id) do nothing`
      break
    case 'child':
      await sql`insert into b_child as t values (${one.id}, ${one.parent}, ${one.amount / 4})
        on conflict (id) do update set parent = excluded.parent, amount = t.amount + excluded.amount`
      break
    case 'balance':
      await sql`insert into b_balance as t values (${one.account}, ${one.amount}, 1, ${one.level}, ${one.last})
        on conflict (account) do update set amount = t.amount + excluded.amount, times = t.times + 1, last = excluded.last`
      break
    case 'tag':
      if (one.keep) await sql`insert into b_tag values (${one.id}, ${one.name}, 1) on conflict do nothing`
      else
        await sql`insert into b_tag as t values (${one.id}, ${one.name}, 1) on conflict (id, name) do update set seen = t.seen + 1`
      break
    case 'read':
  }
}

/** A child that is without its parent in the end fails both ways: then all of it is undone. */
async function run(transaction: Transaction, steps: readonly Step[], apply: Apply): Promise<void> {
  for (const one of steps) {
    if (one.do !== 'savepoint') await apply(transaction, one)
    else {
      const inner = transaction.savepoint(async (savepoint) => {
        for (const write of one.steps) await apply(savepoint, write)
        if (one.fails) throw new Error('as it was told')
      })
      await inner.catch(() => {})
    }
  }
}

const dump = async (sql: Sql, prefix: string): Promise<unknown> =>
  Promise.all(
    TABLES.map(async (table) => [...(await sql.unsafe(`select * from ${prefix}${table} order by 1, 2`))]),
  )

test('rows that are written later are as if each was written at once', { timeout: 240_000 }, async (t) => {
  const database = await openTestDatabase(t)
  await database.sql.unsafe(tables('a_') + tables('b_'))
  let failed = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
      async (transactions) => {
        for (const table of TABLES) await database.sql.unsafe(`truncate a_${table}, b_${table} cascade`)
        for (const steps of transactions) {
          const outcomes = await Promise.allSettled([
            database.transaction((transaction) => run(transaction, steps, buffered)),
            database.transaction((transaction) => run(transaction, steps, plain)),
          ])
          assert.equal(outcomes[0].status, outcomes[1].status, JSON.stringify(outcomes.map(String)))
          if (outcomes[0].status === 'rejected') failed += 1
          assert.deepEqual(await dump(database.sql, 'a_'), await dump(database.sql, 'b_'))
        }
      },
    ),
    { numRuns: RUNS },
  )
  assert.ok(failed > 0, 'no foreign key was ever broken')
})
