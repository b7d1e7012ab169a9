import { formatEther } from 'viem'
import type { ComparedBalance } from './compare-balances.ts'

const HEAD = ['account', 'in the database', 'balanceOf', ''] as const

type Row = readonly [account: string, database: string, contract: string, verdict: string]

/** The comparison as the lines of a table, one a balance; 80 columns wide unless an amount needs more. */
export function balanceTable(balances: readonly ComparedBalance[]): readonly string[] {
  const rows: readonly Row[] = [
    HEAD,
    ...balances.map(({ account, database, contract }): Row => [
      account,
      formatEther(database),
      formatEther(contract),
      database === contract ? '✓' : '✗ differs',
    ]),
  ]
  const width = (column: 0 | 1 | 2): number => Math.max(...rows.map((row) => row[column].length))
  const [account, database, contract] = [width(0), width(1), width(2)]
  const [head = '', ...lines] = rows.map((row) =>
    [row[0].padEnd(account), row[1].padStart(database), row[2].padStart(contract), row[3]]
      .join('  ')
      .trimEnd(),
  )
  return [head, '─'.repeat(head.length + 3), ...lines]
}
