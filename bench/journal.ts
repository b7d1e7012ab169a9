import { Bench, DESIGNS, STEP, type Cost } from './journal-designs.ts'
import { revertAndPrune } from './journal-revert.ts'
import { ROWS, writeByManyRows, writeRowByRow, type WriteLevel } from './journal-workload.ts'
import { median, printTable, rate } from './print-table.ts'
import type { BenchServer } from './server.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 5)
/** In a round, of each design; it is pruned once. */
const LEVELS = STEP
/** The designs take turns of so many levels, each time another first: this hardware changes its speed within seconds. */
const TURN = LEVELS / 16

/** What journalling costs, against other designs; and what reverting and pruning take. */
export async function journal(server: BenchServer): Promise<void> {
  await compare(server, 'a level of 50 inserts, 20 updates and 5 deletes, by six statements', writeByManyRows)
  await compare(server, 'the same, row by row: 75 statements', writeRowByRow)
  await revertAndPrune(server)
}

async function compare(server: BenchServer, title: string, write: WriteLevel): Promise<void> {
  const benches: Bench[] = []
  for (const design of DESIGNS) benches.push(await Bench.open(await server.create(), design, write))
  const costs = benches.map((): Cost[] => [])
  for (let round = 0; round <= ROUNDS; round += 1) {
    const spent = benches.map((): Cost => ({ wall: 0, cpu: 0 }))
    for (let turn = 0; turn < LEVELS / TURN; turn += 1) {
      for (let next = 0; next < benches.length; next += 1) {
        const at = (turn + next) % benches.length
        const cost = await benches[at]?.run(TURN)
        const before = spent[at]
        if (cost === undefined || before === undefined) continue
        spent[at] = { wall: before.wall + cost.wall, cpu: before.cpu + cost.cpu }
      }
    }
    // The first one warms up.
    if (round > 0) for (const [at, cost] of spent.entries()) costs[at]?.push(cost)
  }
  for (const { database } of benches) await database.close()
  const ratios = (own: readonly Cost[], of: keyof Cost): number[] =>
    own.map((cost, round) => (costs[0]?.[round]?.[of] ?? Number.NaN) / cost[of])
  printTable(title, [
    ['', 'levels/s', 'rows/s', 'throughput against none', 'least–most', 'by CPU', 'CPU ms a level'],
    ...DESIGNS.map(({ name }, at) => {
      const own = costs[at] ?? []
      const wall = median(own.map((cost) => cost.wall))
      const all = ratios(own, 'wall')
      return [
        name,
        rate(LEVELS, wall),
        rate(LEVELS * ROWS, wall),
        median(all).toFixed(2),
        `${Math.min(...all).toFixed(2)}–${Math.max(...all).toFixed(2)}`,
        median(ratios(own, 'cpu')).toFixed(2),
        (median(own.map((cost) => cost.cpu)) / LEVELS).toFixed(2),
      ]
    }),
  ])
}
