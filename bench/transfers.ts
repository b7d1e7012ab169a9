import type { BenchServer } from './server.ts'
import { printTable, rate } from './print-table.ts'
import { atTheHead } from './transfers/at-the-head.ts'
import { backfill, wipe, type Backfill, type IndexerSetup } from './transfers/backfill.ts'
import { buildBusyChain, type BusyChain } from './transfers/busy-chain.ts'
import { measureFloor } from './transfers/floor.ts'
import { ponderAtTheHead, ponderBackfills } from './transfers/beside-ponder.ts'
import { ponderIsInstalled } from './transfers/running-ponder.ts'

const BLOCKS = Number(process.env['PAWL_BENCH_BLOCKS'] ?? 400)
const PER_BLOCK = 500

/** What Node takes by itself in a container of 1 GB; on a machine of 24 GB it is 4 GB, and garbage waits longer. */
const SMALL_HEAP = '--max-old-space-size=512'

const SETUP: IndexerSetup = { handler: 'event', indexes: 1, cache: false }

/** 200,001 ERC-20 transfers: one insert and two upserts an event, from nothing to the head, and what happens there; beside Ponder. */
export async function transfers(server: BenchServer): Promise<void> {
  const chain = await buildBusyChain({ blocks: BLOCKS, perBlock: PER_BLOCK })
  try {
    const { transfers: events } = await chain.head()
    const floor = await measureFloor(chain, await server.create())
    printTable('the floor', [
      ['', 'ms', 'events/s'],
      ['anvil serves the logs to a bare fetch loop', floor.fetching.toFixed(0), rate(events, floor.fetching)],
      ['postgres.js inserts the same rows by COPY', floor.copying.toFixed(0), rate(events, floor.copying)],
    ])
    await compareBackfills(server, chain, events)
    const ours = await atTheHead(chain, { database: await server.create(), ...SETUP })
    const others = ponderIsInstalled() ? await ponderAtTheHead(chain, await server.create()) : undefined
    printTable('at the head, over WebSocket; exact after each', [
      ['', 'Pawl', ...(others === undefined ? [] : ['Ponder'])],
      ...ours.map(([what, ms], at) => [
        what,
        inMs(ms),
        ...(others === undefined ? [] : [inMs(others[at]?.[1])]),
      ]),
    ])
    if (others === undefined) console.log('\nPonder is not here: npm install in bench/transfers/ponder')
  } finally {
    await chain.anvil.stop()
  }
}

async function compareBackfills(server: BenchServer, chain: BusyChain, events: number): Promise<void> {
  const cached = { database: await server.create(), ...SETUP, cache: true }
  const measured: (readonly [string, Backfill])[] = [
    ['a handler a level', await backfill(chain, { database: await server.create(), ...SETUP })],
    [
      `the same, ${SMALL_HEAP}`,
      await backfill(chain, { database: await server.create(), ...SETUP }, [SMALL_HEAP]),
    ],
    ['batch', await backfill(chain, { database: await server.create(), ...SETUP, handler: 'batch' })],
    ['embedded database', await backfill(chain, SETUP)],
    ['blocks are kept', await backfill(chain, cached)],
  ]
  await wipe(cached.database)
  measured.push(['from what was kept', await backfill(chain, cached)])
  if (ponderIsInstalled()) measured.push(...(await ponderBackfills(chain, await server.create())))
  printTable(`${events.toLocaleString('en')} transfers, exact after each`, [
    ['', 'first answer', 'all', 'events/s from the start', 'from syncing on', 'CPU', 'peak memory'],
    ...measured.map(([name, { firstAnswer, all, syncing, cpu, peak }]) => [
      name,
      inMs(firstAnswer),
      `${(all / 1_000).toFixed(1)} s`,
      rate(events, all),
      syncing === undefined ? '' : rate(events, syncing),
      `${cpu.toFixed(1)} s`,
      `${peak.toFixed(0)} MB`,
    ]),
  ])
}

const inMs = (ms: number | undefined): string =>
  ms === undefined ? '' : `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
