import postgres from 'postgres'
import { fireHook } from 'pawl'
import { startRoot, writeRows } from './hook-root.ts'
import { median, printTable, rate } from './print-table.ts'
import type { BenchServer } from './server.ts'

const ROUNDS = 7
const COUNT = 1_000

/** An awaited atomic hook against `sql.begin` of postgres.js with the same body. */
export async function awaitedHooks(server: BenchServer): Promise<void> {
  const url = await server.create()
  const { root, stop } = await startRoot(url)
  const rows: string[][] = []
  for (const [together, statements] of [
    [1, 1],
    [1, 5],
    [4, 1],
    [4, 5],
  ] as const) {
    const sql = postgres(url, { max: together, onnotice: () => {} })
    const bare = () =>
      inParallel(together, async () => {
        await sql.begin((transaction) => writeRows(transaction as never, statements))
      })
    const ours = () => inParallel(together, () => fireHook(root, 'rows', { n: statements }))
    await bare()
    await ours()
    const times: { readonly bare: number; readonly ours: number }[] = []
    for (let round = 0; round < ROUNDS; round += 1) times.push({ bare: await bare(), ours: await ours() })
    await sql.end()
    const ratios = times.map((time) => time.bare / time.ours)
    rows.push([
      String(together),
      String(statements),
      rate(COUNT, median(times.map((time) => time.bare))),
      rate(COUNT, median(times.map((time) => time.ours))),
      `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    ])
  }
  await stop()
  printTable('hooks: awaited and atomic, a second', [
    ['at a time', 'inserts', 'sql.begin', 'fireHook', 'ratio'],
    ...rows,
  ])
}

/** @returns ms */
async function inParallel(together: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next++ < COUNT) await work()
  }
  await Promise.all(Array.from({ length: together }, worker))
  return performance.now() - started
}
