import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulateChain } from 'pawl/testing'
import { accountOf, blockHash, TOKEN } from '../../examples/local-tzkt/tezos-rows.ts'
import { startLocalTzkt } from '../../examples/local-tzkt/start-local-tzkt.ts'
import { kill, LIMIT, openExample, stop } from './running-example.ts'

test(
  'balances are those of the chain that stays, at the head and after a reorg while nobody looked',
  LIMIT,
  async (t) => {
    const chain = simulateChain({ seed: 'tezos', length: 60, accounts: 5, emptyShare: 0.3 })
    const tzkt = await startLocalTzkt(chain)
    t.after(() => tzkt.close())
    const example = await openExample(t, 'tezos-token', { TZKT_URL: tzkt.url, TOKEN })
    const { sql } = example
    const expected = () => {
      const balances = new Map<string, number>()
      for (const { from, to, amount } of chain.canonical().flatMap(({ events }) => events)) {
        balances.set(accountOf(from), (balances.get(accountOf(from)) ?? 0) - amount)
        balances.set(accountOf(to), (balances.get(accountOf(to)) ?? 0) + amount)
      }
      return [...balances].map(([address, balance]) => `${address} ${balance}`).toSorted()
    }
    const stored = async () => {
      const rows = await sql<{ text: string }[]>`select address || ' ' || balance as text from holder`
      return rows.map(({ text }) => text).toSorted()
    }
    const move = (change: () => void) => {
      change()
      tzkt.publish()
    }
    const headIs = () =>
      new RegExp(`"index.progress".*"hash":"${blockHash(chain.head)}".*"synchronized":true`)

    const first = example.start()
    await first.prints(headIs())
    await first.prints(/"job.fired".*"job":"major_stats"/)
    move(() => chain.extend())
    await first.prints(headIs())
    move(() => chain.reorg(1, 2))
    await first.prints(/"index.rolledBack"/)
    await first.prints(headIs())
    assert.deepEqual(await stored(), expected())
    assert.equal(tzkt.subscribers, 1)
    await kill(first)

    move(() => chain.reorg(2, 1))
    const second = example.start()
    await second.prints(/"index.rolledBack"/)
    await second.prints(headIs())
    assert.deepEqual(await stored(), expected())
    await stop(second)
  },
)
