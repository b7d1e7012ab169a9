import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { median } from '../print-table.ts'
import { launchIndexer, type IndexerSetup } from './backfill.ts'
import type { BusyChain } from './busy-chain.ts'
import { checkExact } from './check-exact.ts'

/** Blocks of each size that are mined one by one. */
const HEADS = 40
/** Transfers a block. */
const SIZES = [10, 100, 500] as const

/** What was measured, and ms. */
export type Timing = readonly [string, number]

export const DEPTHS = [1, 10, 50] as const

/** Of an indexer of ours, from its own events: blocks one by one, reorgs, and SIGKILL. */
export async function atTheHead(chain: BusyChain, setup: IndexerSetup & { readonly database: string }) {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-transfers-'))
  const sql = postgres(setup.database, { max: 1, onnotice: () => {} })
  const timings: Timing[] = []
  let { indexer } = await launchIndexer(chain, setup, directory)
  const reached = async (): Promise<number> => (await indexer.reached((await chain.head()).hash)).at
  try {
    await reached()
    timings.push(...(await mineOneByOne(chain, reached)))
    await checkExact(sql, chain)
    for (const depth of DEPTHS) {
      timings.push(await reorg(chain, depth, reached))
      await checkExact(sql, chain)
    }
    const killed = performance.now()
    await indexer.kill()
    const next = await launchIndexer(chain, setup, directory)
    indexer = next.indexer
    while (!(await next.ready())) await new Promise((resolve) => setTimeout(resolve, 5))
    timings.push(['SIGKILL to ready again', performance.now() - killed])
    await checkExact(sql, chain)
    await indexer.stop()
    return timings
  } finally {
    await indexer.kill()
    await sql.end()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** @param reached resolves when the node's head is committed, with when: ms since 1970 */
export async function mineOneByOne(
  chain: BusyChain,
  reached: () => Promise<number>,
): Promise<readonly Timing[]> {
  const timings: Timing[] = []
  for (const size of SIZES) {
    const times: number[] = []
    for (let mined = 0; mined < HEADS; mined += 1) {
      await chain.mine(size)
      times.push(await since(reached))
    }
    const sorted = times.toSorted((a, b) => a - b)
    timings.push(
      [`a block of ${size}, known to committed, p50`, median(times)],
      ['p95', sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN],
    )
  }
  return timings
}

export async function reorg(
  chain: BusyChain,
  depth: number,
  reached: () => Promise<number>,
): Promise<Timing> {
  await chain.reorg(depth)
  return [`a reorg of ${depth}`, await since(reached)]
}

async function since(reached: () => Promise<number>): Promise<number> {
  const at = performance.timeOrigin + performance.now()
  return Math.max(0, (await reached()) - at)
}
