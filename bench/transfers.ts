import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { median, printTable, rate } from './print-table.ts'
import type { BenchServer } from './server.ts'
import { backfill, launchIndexer, type IndexerSetup } from './transfers/backfill.ts'
import { buildBusyChain, type BusyChain } from './transfers/busy-chain.ts'
import { checkExact } from './transfers/check-exact.ts'
import { measureFloor } from './transfers/floor.ts'

const BLOCKS = Number(process.env['PAWL_BENCH_BLOCKS'] ?? 400)
const PER_BLOCK = 500
const HEADS = 40

/** 200,001 ERC-20 transfers: one insert and two upserts an event, from nothing to the head, and what happens there. */
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
    await atTheHead(server, chain)
  } finally {
    await chain.anvil.stop()
  }
}

async function compareBackfills(server: BenchServer, chain: BusyChain, events: number): Promise<void> {
  const setups: readonly (readonly [string, IndexerSetup])[] = [
    ['a handler a level', { database: await server.create(), handler: 'event', indexes: 1 }],
    ['batch', { database: await server.create(), handler: 'batch', indexes: 1 }],
    ['a handler a level, embedded database', { handler: 'event', indexes: 1 }],
  ]
  const rows: string[][] = []
  for (const [name, setup] of setups) {
    const { firstAnswer, all, syncing, cpu, peak } = await backfill(chain, setup)
    rows.push([
      name,
      `${firstAnswer.toFixed(0)} ms`,
      `${(all / 1_000).toFixed(1)} s`,
      rate(events, all),
      rate(events, syncing),
      `${cpu.toFixed(1)} s`,
      `${peak.toFixed(0)} MB`,
    ])
  }
  printTable(`${events.toLocaleString('en')} transfers, exact after each`, [
    ['', 'first answer', 'all', 'events/s from the start', 'from syncing on', 'CPU', 'peak memory'],
    ...rows,
  ])
}

async function atTheHead(server: BenchServer, chain: BusyChain): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-transfers-'))
  const database = await server.create()
  const setup: IndexerSetup = { database, handler: 'event', indexes: 1 }
  const sql = postgres(database, { max: 1, onnotice: () => {} })
  const rows: string[][] = []
  let { indexer } = await launchIndexer(chain, setup, directory)
  try {
    await indexer.reached((await chain.head()).hash)
    const times: number[] = []
    for (let mined = 0; mined < HEADS; mined += 1) {
      await chain.mine()
      const at = performance.timeOrigin + performance.now()
      times.push(Math.max(0, (await indexer.reached((await chain.head()).hash)).at - at))
    }
    await checkExact(sql, chain)
    const sorted = times.toSorted((a, b) => a - b)
    rows.push(
      ['a block of 500, known to committed, p50', `${median(times).toFixed(1)} ms`],
      ['p95', `${(sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN).toFixed(1)} ms`],
    )
    for (const depth of [1, 10, 50]) {
      await chain.reorg(depth)
      const at = performance.timeOrigin + performance.now()
      const { at: reached } = await indexer.reached((await chain.head()).hash)
      await checkExact(sql, chain)
      rows.push([`a reorg of ${depth}`, `${Math.max(0, reached - at).toFixed(0)} ms`])
    }
    const killed = performance.now()
    await indexer.kill()
    const next = await launchIndexer(chain, setup, directory)
    indexer = next.indexer
    while (!(await next.ready())) await new Promise((resolve) => setTimeout(resolve, 5))
    rows.push(['SIGKILL to ready again', `${(performance.now() - killed).toFixed(0)} ms`])
    await checkExact(sql, chain)
    await indexer.stop()
    printTable('at the head, over WebSocket; exact after each', [['', ''], ...rows])
  } finally {
    await indexer.kill()
    await sql.end()
    rmSync(directory, { recursive: true, force: true })
  }
}
