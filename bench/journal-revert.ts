import { pruneJournal } from '../src/database/prune-journal.ts'
import { revertLevels } from '../src/database/revert-levels.ts'
import { tendJournal } from '../src/database/tend-journal.ts'
import { formatCount } from '../src/text/format-number.ts'
import { Bench, PAWL, STEP } from './journal-designs.ts'
import { LEVELS_PROCEDURE, ROWS, writeByManyRows } from './journal-workload.ts'
import { median, printTable } from './print-table.ts'
import type { BenchServer } from './server.ts'

/** What reverting and pruning take, on tables of a thousand levels. */
export async function revertAndPrune(server: BenchServer): Promise<void> {
  const { database } = await Bench.open(await server.create(), PAWL, writeByManyRows)
  const { sql } = database
  await sql.unsafe(LEVELS_PROCEDURE)
  let level = 0
  /** The journal is tended as the indexer does it: beside the levels, once in `STEP` of them. */
  const write = async (levels: number): Promise<void> => {
    for (const last = level + levels; level < last;) {
      const next = Math.min(last, level + STEP)
      await sql.unsafe(`call write_levels(${level + 1}, ${next})`)
      level = next
      if (levels >= STEP) await tendJournal(sql, 'pawl')
    }
  }
  const time = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now()
    await work()
    return performance.now() - started
  }
  const revert = async (levels: number): Promise<number> => {
    await write(levels)
    level -= levels
    return time(() =>
      database.transaction((transaction) =>
        revertLevels(transaction, { ownSchema: 'pawl', indexId: 1, toLevel: level, fence: 1n }),
      ),
    )
  }
  const prune = async (levels: number): Promise<number> => {
    await write(levels)
    return time(() => pruneJournal(sql, { ownSchema: 'pawl', indexId: 1, finalized: level - 64 }))
  }
  const repeat = async (rounds: number, work: () => Promise<number>): Promise<number[]> => {
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) times.push(await work())
    return times
  }

  await write(1_000)
  const rows: string[][] = []
  const measure = async (what: string, levels: number, rounds: number, work: () => Promise<number>) => {
    const times = await repeat(rounds, work)
    const range = `${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)}`
    rows.push([what, formatCount(levels * ROWS), median(times).toFixed(0), range])
  }
  await measure('revert 1 level', 1, 25, () => revert(1))
  await measure('revert 100 levels', 100, 15, () => revert(100))
  await measure('prune 256 levels', 256, 9, () => prune(256))
  await measure('prune 1,000 levels', 1_000, 5, () => prune(1_000))
  await measure('prune 10,000 levels', 10_000, 3, () => prune(10_000))
  await database.close()
  printTable('reverting and pruning', [['', 'rows', 'median ms', 'least–most ms'], ...rows])
}
