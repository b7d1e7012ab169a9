import { formatEther } from 'viem'
import type { ComparedBalance } from './compare-balances.ts'

const ACCOUNT = 42
const AMOUNT = 26

/** The comparison as the lines of a table, one a balance. */
export function balanceTable(balances: readonly ComparedBalance[]): readonly string[] {
  const head = row('account', 'in the database', 'balanceOf', '')
  return [
    head,
    '─'.repeat(head.length + 1),
    ...balances.map(({ account, database, contract }) =>
      row(account, formatEther(database), formatEther(contract), database === contract ? '✓' : '✗ differs'),
    ),
  ]
}

const row = (account: string, database: string, contract: string, verdict: string): string =>
  `${account.padEnd(ACCOUNT)}  ${database.padStart(AMOUNT)}  ${contract.padStart(AMOUNT)}  ${verdict}`
