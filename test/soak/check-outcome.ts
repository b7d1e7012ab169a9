import type postgres from 'postgres'
import type { SimulatedChain } from 'pawl/testing'
import { CONFIRMATIONS } from './soak-project.ts'

/** Compares the database with the chain that stayed. Empty: they are the same. */
export async function checkOutcome(sql: postgres.Sql, chain: SimulatedChain): Promise<string[]> {
  const faults: string[] = []
  const balances = new Map<string, number>()
  for (const { events } of chain.canonical()) {
    for (const { from, to, amount } of events) {
      balances.set(from, (balances.get(from) ?? 0) - amount)
      balances.set(to, (balances.get(to) ?? 0) + amount)
    }
  }
  const accounts = await sql<{ name: string; balance: number }[]>`select name, balance from account`
  const wrong = accounts.filter(({ name, balance }) => balances.get(name) !== balance)
  if (wrong.length > 0 || accounts.length !== balances.size) {
    faults.push(`${wrong.length} of ${balances.size} balances are not what the chain says`)
  }
  const effects = new Set((await sql<{ hash: string }[]>`select hash from effect`).map(({ hash }) => hash))
  const deep = chain
    .canonical()
    .slice(0, -CONFIRMATIONS)
    .map(({ hash }) => hash)
  const missing = deep.filter((hash) => !effects.delete(hash))
  if (missing.length > 0) faults.push(`${missing.length} effects are missing`)
  if (effects.size > 0) faults.push(`${effects.size} effects of blocks that left the chain`)
  const [dead] = await sql`select count(*)::int from pawl.firing where state in ('dead', 'running')`
  if (dead?.['count'] !== 0) faults.push(`${dead?.['count']} firings dead or still running`)
  return faults
}
