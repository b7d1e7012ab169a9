// The kill test of a fleet at full size: `npm run soak:fleet [-- <firings> <kills> <seed> [graphile-worker]]`. One process that indexes, two that
// schedule, four that work; one of them is killed every second.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startPostgres } from '../../../src/database/embedded/start-postgres.ts'
import { recordChain } from '../../e2e/durable/record-chain.ts'
import { checkFleet } from './check-fleet.ts'
import { runFleet } from './run-fleet.ts'

const MEMBERS = ['indexer', 'scheduler', 'scheduler', 'worker', 'worker', 'worker', 'worker']
const PER_LEVEL = 48

const [firings = 50_000, kills = 120, seed = Date.now() % 1_000_000] = process.argv.slice(2, 5).map(Number)
const executor = process.argv[5] === 'graphile-worker' ? { executor: 'graphile-worker' as const } : {}
const directory = mkdtempSync(join(tmpdir(), 'pawl-soak-'))
// Root's server runs as another user, who has to get to it.
chmodSync(directory, 0o755)
const server = await startPostgres({ directory, durable: false, settings: ['max_connections=300'] })
const sql = postgres(server.url, { max: 4, onnotice: () => {} })
try {
  const file = join(directory, 'chain.ndjson')
  const levels = Math.ceil(firings / PER_LEVEL)
  const chain = recordChain(file, { levels, seed })
  const all = PER_LEVEL * (chain.canonical.length + chain.orphans)
  console.log(
    `seed ${seed}: ${levels} levels, ${chain.orphans} blocks that leave the chain, ${all} firings, ${kills} kills`,
  )
  const started = Date.now()
  const pace = levels / Math.max(1, kills * 0.9)
  const run = {
    url: server.url,
    file,
    perLevel: PER_LEVEL,
    pace,
    members: MEMBERS,
    kills,
    every: 1_000,
    seed,
    ...executor,
  }
  const { kills: killed, recoveries } = await runFleet(sql, run)
  const effects = await checkFleet(sql, chain, PER_LEVEL)
  const sorted = recoveries.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    `${Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)} ms`
  console.log(
    `right after ${Math.round((Date.now() - started) / 1_000)} s, killed: ${JSON.stringify(killed)}`,
  )
  console.log(
    'atomic effects once each, in order where one runs at a time, none of blocks that left the chain;',
  )
  console.log(
    `of the hook that is not atomic ${effects.looseRuns} runs of ${effects.looseFirings} firings, no attempt twice;`,
  )
  console.log(
    `${effects.ticks} firings of a job on the queue, ${effects.tocks} awaited, each fire time once;`,
  )
  console.log(
    `recovery of what a killed worker had: median ${at(0.5)}, most ${at(1)} (${sorted.length} times)`,
  )
  if ((sorted.at(-1) ?? 0) > 10_000) throw new Error('recovery took more than 10 s')
} finally {
  await sql.end()
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
}
