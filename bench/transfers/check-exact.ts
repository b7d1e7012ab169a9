import type postgres from 'postgres'
import type { Address } from 'viem'
import type { BusyChain } from './busy-chain.ts'

/** Compares the tables with the token's contract at the head: how many transfers, every balance, the head's hash. Throws what differs. */
export async function checkExact(sql: postgres.Sql, chain: BusyChain, at = ''): Promise<void> {
  const head = await chain.head()
  const [index] = await sql`select level, hash from pawl.index where name = ${`transfers${at}`}`
  if (index?.['hash'] !== head.hash) {
    const stands = `${index?.['level']} ${index?.['hash']}`
    throw new Error(`transfers${at} stands at ${stands}, the head is ${head.level} ${head.hash}`)
  }
  await checkRows(sql, chain, at)
}

/** The tables only, whoever wrote them. */
export async function checkRows(sql: postgres.Sql, chain: BusyChain, at = ''): Promise<void> {
  const head = await chain.head()
  const [counted] = await sql`select count(*)::int as n from ${sql(`transfer${at}`)}`
  const rows = await sql<{ account: Address; amount: string }[]>`
    select account, amount from ${sql(`balance${at}`)} where account <> '0x0000000000000000000000000000000000000000'`
  const balances = await chain.balances(rows.map(({ account }) => account))
  const wrong = rows.filter(({ amount }, row) => BigInt(amount) !== balances[row]).length
  const faults = [
    counted?.['n'] === head.transfers ? '' : `${counted?.['n']} transfers, not ${head.transfers}`,
    wrong === 0 ? '' : `${wrong} of ${rows.length} balances are wrong`,
  ].filter((fault) => fault !== '')
  if (faults.length > 0) throw new Error(`transfers${at}: ${faults.join('; ')}`)
}
