// The kill test of a fleet at full size: `npm run soak:fleet [-- <firings> <kills> <seed> [graphile-worker] [network]]`. One process that
// indexes, two that schedule, four that work; one of them is killed every second. `network`: each is in a network namespace of its own,
// and links are cut and healed.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startPostgres } from '../../../src/database/embedded/start-postgres.ts'
import { recordChain } from '../../e2e/durable/record-chain.ts'
import { checkFleet } from './check-fleet.ts'
import { NetworkNamespaces } from './network-namespaces.ts'
import { runFleet } from './run-fleet.ts'

const MEMBERS = ['indexer', 'scheduler', 'scheduler', 'worker', 'worker', 'worker', 'worker']
const PER_LEVEL = 48

const [firings = 50_000, kills = 120, seed = Date.now() % 1_000_000] = process.argv.slice(2, 5).map(Number)
const words = process.argv.slice(5)
const executor = words.includes('graphile-worker') ? { executor: 'graphile-worker' as const } : {}
const directory = mkdtempSync(join(tmpdir(), 'pawl-soak-'))
// Root's server runs as another user, who has to get to it.
chmodSync(directory, 0o755)
const network = words.includes('network') ? openNetwork() : undefined
const settings = ['max_connections=300']
if (network !== undefined) {
  const hba = join(directory, 'hba.conf')
  writeFileSync(hba, 'host all all 127.0.0.1/32 scram-sha-256\nhost all all samenet scram-sha-256\n', {
    mode: 0o644,
  })
  settings.push('listen_addresses=*', `hba_file=${hba}`)
}
const server = await startPostgres({ directory, durable: false, settings })
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
  const url = new URL(server.url)
  if (network !== undefined) url.hostname = network.address
  const run = {
    url: url.href,
    file,
    perLevel: PER_LEVEL,
    pace,
    members: MEMBERS,
    kills,
    every: 1_000,
    seed,
    ...executor,
    ...(network === undefined ? {} : { network, cuts: Math.ceil(kills / 8) }),
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
  network?.close()
  await sql.end()
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
}

function openNetwork(): NetworkNamespaces {
  try {
    const opened = new NetworkNamespaces(MEMBERS.length)
    // They would outlive this process.
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        opened.close()
        process.exit(1)
      })
    return opened
  } catch (error) {
    console.log(`skipped: network namespaces cannot be made here: ${(error as Error).message.trim()}`)
    console.log('It needs Linux, the program ip (iproute2), CAP_NET_ADMIN and CAP_SYS_ADMIN.')
    process.exit(0)
  }
}
