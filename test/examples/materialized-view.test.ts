import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balancesOf, transfersIn } from './balances-of.ts'
import { kill, LIMIT, openExample, stop } from './running-example.ts'

test('a materialized view is refreshed on a schedule, and by a reorg', LIMIT, async (t) => {
  const example = await openExample(t, 'materialized-view')
  const { sql, chain } = example
  const view = async () => {
    const rows = await sql<{ text: string }[]>`
      select format('%s %s %s', token, account, amount) as text from balance where amount <> 0`
    return rows.map(({ text }) => text).toSorted()
  }
  const expected = (toLevel?: number) =>
    balancesOf(transfersIn(chain, toLevel), (token, account) => `${token} ${account}`)

  const first = example.start()
  await first.prints(/"job.fired".*"job":"refresh"/)
  await first.prints(/"hook.finished".*"refresh_balance"/)
  assert.deepEqual(await view(), expected())
  await kill(first)

  // Without the job only the reorg refreshes it.
  assert.equal((await example.pawl('jobs', 'pause', 'refresh')).code, 0)
  example.reorg(5)
  const second = example.start()
  await second.prints(/"hook.finished".*"on_index_rollback"/)
  await example.atHead(second)
  assert.deepEqual(await view(), expected(chain.head.level - 6))
  await stop(second)
})
