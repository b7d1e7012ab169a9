import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delayed } from 'node:timers/promises'
import type postgres from 'postgres'
import { balancesOf, transfersIn } from './balances-of.ts'
import { kill, LIMIT, openExample, stop } from './running-example.ts'

test('a cache is right after a restart, a reorg and a level that did not commit', LIMIT, async (t) => {
  const example = await openExample(t, 'warm-cache')
  const { sql, chain } = example
  const check = async () => {
    const rows = await sql<{ text: string }[]>`
      select format('%s %s', account, amount) as text from balance where amount <> 0`
    assert.deepEqual(
      rows.map(({ text }) => text).toSorted(),
      balancesOf(transfersIn(chain), (_, account) => account),
    )
  }

  const first = example.start()
  await example.atHead(first)
  await check()
  await kill(first)

  example.extend(2)
  example.reorg(6)
  const second = example.start()
  await example.atHead(second)
  await check()
  await stop(second)

  do example.extend(1)
  while (chain.head.events.length === 0)
  const third = await sql.begin(async (locked) => {
    await locked`lock table balance in exclusive mode`
    const cli = example.start()
    const [writer] = await blocked(locked)
    await locked`select pg_terminate_backend(${writer?.['pid']})`
    return cli
  })
  await third.prints(/"index.retrying"/)
  await example.atHead(third)
  await check()
  await stop(third)
})

/** Who waits for a lock of ours. Nothing tells of it. */
async function blocked(sql: postgres.TransactionSql): Promise<postgres.RowList<postgres.Row[]>> {
  const found = await sql`
    select pid from pg_locks where relation = 'balance'::regclass and not granted
      and database = (select oid from pg_database where datname = current_database())`
  if (found.length > 0) return found
  await delayed(5)
  return blocked(sql)
}
