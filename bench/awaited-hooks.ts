import postgres from 'postgres'
import { fireHook } from 'pawl'
import { startRoot, writeRows } from './hook-root.ts'
import { median, printTable, rate } from './print-table.ts'
import type { BenchServer } from './server.ts'

const ROUNDS = 7
/** Statements a round, so that one of longer bodies takes no longer. */
const STATEMENTS = 5_000

/**
 * Of each side, before anything is measured. An indexer runs for months: of fewer V8 still interprets half of what a hook begins and ends
 * by, which with 50 of a hundred inserts is all that there are.
 */
const WARM_UP = 5_000

/** An awaited atomic hook against `sql.begin` of postgres.js with the same body. */
export async function awaitedHooks(server: BenchServer): Promise<void> {
  const url = await server.create()
  const { root, stop } = await startRoot(url)
  const rows: string[][] = []
  const cold = postgres(url, { max: 1, onnotice: () => {} })
  await inParallel(WARM_UP, 1, async () => {
    await cold.begin((transaction) => writeRows(transaction as never, 1))
  })
  await inParallel(WARM_UP, 1, () => fireHook(root, 'rows', { n: 1 }))
  await cold.end()
  for (const [together, statements] of [
    [1, 1],
    [1, 5],
    [1, 25],
    [1, 100],
    [4, 25],
  ] as const) {
    const count = Math.min(1_000, STATEMENTS / statements)
    const sql = postgres(url, { max: together, onnotice: () => {} })
    const bare = () =>
      inParallel(count, together, async () => {
        await sql.begin((transaction) => writeRows(transaction as never, statements))
      })
    const ours = () => inParallel(count, together, () => fireHook(root, 'rows', { n: statements }))
    await bare()
    await ours()
    const times: { readonly bare: number; readonly ours: number }[] = []
    for (let round = 0; round < ROUNDS; round += 1) times.push({ bare: await bare(), ours: await ours() })
    await sql.end()
    const ratios = times.map((time) => time.bare / time.ours)
    rows.push([
      String(together),
      String(statements),
      rate(count, median(times.map((time) => time.bare))),
      rate(count, median(times.map((time) => time.ours))),
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
async function inParallel(count: number, together: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next++ < count) await work()
  }
  await Promise.all(Array.from({ length: together }, worker))
  return performance.now() - started
}
