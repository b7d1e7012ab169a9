import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balancesOf, transfersIn } from './balances-of.ts'
import { LIMIT, openExample, stop } from './running-example.ts'

test('all of a schema is there again after a wipe, and right after a reorg', LIMIT, async (t) => {
  const example = await openExample(t, 'schema-objects')
  const { sql, chain } = example
  const objects = async () => {
    const rows = await sql<{ text: string }[]>`
      select concat_ws(' ', c.relkind, c.relname, c.relacl) as text from pg_class c where c.relnamespace = 'public'::regnamespace
      union all select concat_ws(' ', 'function', p.oid::regprocedure, p.proacl) from pg_proc p
        where p.pronamespace = 'public'::regnamespace
      union all select concat_ws(' ', 'trigger', tgname, tgrelid::regclass) from pg_trigger
        where tgrelid::regclass::text = 'transfer' and not tgisinternal
      order by 1`
    return rows.map(({ text }) => text)
  }
  const balances = async () => {
    const rows = await sql<{ text: string }[]>`
      select format('%s %s %s', token, account, amount) as text from balance where amount <> 0`
    return rows.map(({ text }) => text).toSorted()
  }
  const expected = () => balancesOf(transfersIn(chain), (token, account) => `${token} ${account}`)

  const first = example.start()
  await example.atHead(first)
  await stop(first)
  const made = await objects()
  for (const object of [
    'r transfer .*pawl_example_reader',
    'v holder .*pawl_example_reader',
    'i balance_richest',
    'trigger move_amount transfer',
    'function transfers_of.*pawl_example_reader',
  ]) {
    assert.match(made.join('\n'), new RegExp(`^${object}`, 'm'))
  }
  assert.deepEqual(await balances(), expected())

  const { code, err } = await example.pawl('schema', 'wipe', '--force')
  assert.equal(code, 0, err)
  assert.deepEqual(await objects(), [])

  example.reorg(6)
  const second = example.start()
  await example.atHead(second)
  await stop(second)
  assert.deepEqual(await objects(), made)
  // What the trigger wrote was rolled back with the levels.
  assert.deepEqual(await balances(), expected())
  await sql`drop owned by pawl_example_reader; drop role pawl_example_reader`.simple()
})
