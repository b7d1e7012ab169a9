import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import postgres from 'postgres'
import type { BusyChain } from './busy-chain.ts'
import { checkExact } from './check-exact.ts'
import type { IndexerOptions } from './indexer.ts'
import { startIndexer, type RunningIndexer } from './running-indexer.ts'

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

export interface Backfill {
  /** ms from the start of the process until another connection reads a row. */
  readonly firstAnswer: number
  /** ms from the start of the process until all is committed. */
  readonly all: number
  /** ms from `syncing` on; undefined: it does not tell. */
  readonly syncing: number | undefined
  /** Seconds, of its process. */
  readonly cpu: number
  /** Megabytes, of its process. */
  readonly peak: number
}

export type IndexerSetup = Omit<IndexerOptions, 'directory' | 'monitoringPort' | 'url' | 'token'>

/** An indexer in a folder of its own, on a free port. */
export async function launchIndexer(
  chain: Pick<BusyChain, 'anvil' | 'token'>,
  setup: IndexerSetup,
  directory: string,
  nodeArguments: readonly string[] = [],
): Promise<{ readonly indexer: RunningIndexer; readonly ready: () => Promise<boolean> }> {
  const monitoringPort = await freePort()
  // Requests by http, heads by the socket.
  const url = [chain.anvil.url, chain.anvil.url.replace('http', 'ws')]
  const indexer = startIndexer(
    { ...setup, directory, monitoringPort, url, token: chain.token },
    nodeArguments,
  )
  const ready = async (): Promise<boolean> => {
    const response = await fetch(`http://127.0.0.1:${monitoringPort}/ready`).catch(() => undefined)
    return response?.ok === true
  }
  return { indexer, ready }
}

export async function backfill(
  chain: BusyChain,
  setup: IndexerSetup,
  nodeArguments: readonly string[] = [],
): Promise<Backfill> {
  const { hash } = await chain.head()
  const directory = mkdtempSync(join(tmpdir(), 'pawl-transfers-'))
  const { indexer } = await launchIndexer(chain, setup, directory, nodeArguments)
  try {
    const answered = setup.database === undefined ? firstProgress(indexer) : firstRow(setup.database)
    const names = Array.from({ length: setup.indexes }, (_, at) => (at === 0 ? '' : `_${at}`))
    await Promise.all(names.map((at) => indexer.reached(hash, `transfers${at}`)))
    const all = lastProgress(indexer, hash) - indexer.startedAt
    const syncing = indexer.lines.find((line) => line.type === 'lifecycle' && line.state === 'syncing')
    const firstAnswer = (await answered) - indexer.startedAt
    if (setup.database !== undefined) {
      const sql = postgres(setup.database, { max: 1, onnotice: () => {} })
      for (const at of names) await checkExact(sql, chain, at)
      await sql.end()
    }
    const { cpuSeconds: cpu, peakMegabytes: peak } = await indexer.stop()
    const since = syncing !== undefined && 'at' in syncing ? syncing.at - indexer.startedAt : Number.NaN
    return { firstAnswer, all, syncing: all - since, cpu, peak }
  } finally {
    await indexer.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** As a user does it who wants to index again: what is kept of the node's blocks stays. */
export async function wipe(database: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-transfers-'))
  try {
    writeFileSync(join(directory, 'pawl.yaml'), JSON.stringify({ database }))
    await promisify(execFile)(process.execPath, [CLI, 'schema', 'wipe', '--force'], { cwd: directory })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Of all indexes. */
function lastProgress({ lines }: RunningIndexer, hash: string): number {
  return Math.max(...lines.map((line) => (line.type === 'progress' && line.hash === hash ? line.at : 0)))
}

async function firstProgress(indexer: RunningIndexer): Promise<number> {
  return (await indexer.until((line) => line.type === 'progress')).at
}

/** Asked for by another connection, again and again. */
async function firstRow(database: string): Promise<number> {
  const sql = postgres(database, { max: 1, onnotice: () => {} })
  try {
    for (;;) {
      const [row] = await sql`select to_regclass('transfer') is not null as there`
      if (row?.['there'] === true && (await sql`select from transfer limit 1`).length > 0) {
        return performance.timeOrigin + performance.now()
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  } finally {
    await sql.end()
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
