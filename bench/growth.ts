import type { BenchServer } from './server.ts'
import { printTable, rate } from './print-table.ts'
import { backfill } from './transfers/backfill.ts'
import { buildBusyChain, type BusyChain } from './transfers/busy-chain.ts'

/** Levels, events a level, and for how many indexes. */
const SIZES = [
  [20, 500, [1]],
  [200, 500, [1, 4, 16]],
  [20, 5_000, [1]],
  [5_000, 1, [1]],
  [2_000, 500, [1]],
] as const

/** How the cost of a backfill grows: with events, with indexes of the same events, with how full levels are. */
export async function growth(server: BenchServer): Promise<void> {
  const rows: string[][] = []
  for (const [blocks, perBlock, counts] of SIZES) {
    const chain = await buildBusyChain({ blocks, perBlock })
    try {
      for (const indexes of counts) {
        const row = await measure(chain, await server.create(), indexes)
        rows.push([blocks.toLocaleString('en'), perBlock.toLocaleString('en'), ...row])
        // The longest takes minutes.
        console.error(rows.at(-1)?.join(' | '))
      }
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

async function measure(chain: BusyChain, database: string, indexes: number): Promise<readonly string[]> {
  const events = (await chain.head()).transfers * indexes
  const setup = { database, handler: 'event', indexes, cache: false } as const
  const { syncing = Number.NaN, cpu, peak } = await backfill(chain, setup)
  return [
    String(indexes),
    events.toLocaleString('en'),
    `${(syncing / 1_000).toFixed(1)} s`,
    rate(events, syncing),
    `${((cpu * 1e6) / events).toFixed(0)} µs`,
    `${peak.toFixed(0)} MB`,
  ]
}
