import type { BenchServer } from './server.ts'
import { printTable, rate } from './print-table.ts'
import { backfill } from './transfers/backfill.ts'
import { buildBusyChain } from './transfers/busy-chain.ts'

/** Levels, events a level, indexes. */
const SIZES = [
  [20, 500, 1],
  [200, 500, 1],
  [2_000, 500, 1],
  [200, 500, 4],
  [200, 500, 16],
  [10_000, 1, 1],
  [20, 5_000, 1],
] as const

/** How the cost of a backfill grows: with events, with indexes of the same events, with how full levels are. */
export async function growth(server: BenchServer): Promise<void> {
  const rows: string[][] = []
  for (const [blocks, perBlock, indexes] of SIZES) {
    const chain = await buildBusyChain({ blocks, perBlock })
    try {
      const { transfers } = await chain.head()
      const events = transfers * indexes
      const { syncing, cpu, peak } = await backfill(chain, {
        database: await server.create(),
        handler: 'event',
        indexes,
        cache: false,
      })
      rows.push([
        blocks.toLocaleString('en'),
        perBlock.toLocaleString('en'),
        String(indexes),
        events.toLocaleString('en'),
        `${((syncing ?? Number.NaN) / 1_000).toFixed(1)} s`,
        rate(events, syncing ?? Number.NaN),
        `${((cpu * 1e6) / events).toFixed(0)} µs`,
        `${peak.toFixed(0)} MB`,
      ])
    } finally {
      await chain.anvil.stop()
    }
  }
  printTable('how a backfill grows', [
    [
      'levels',
      'events a level',
      'indexes',
      'events',
      'from syncing on',
      'events/s',
      'CPU an event',
      'peak memory',
    ],
    ...rows,
  ])
}
