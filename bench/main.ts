// Runs the benchmarks: `npm run bench [catch-up] [fleet] [growth] [hooks] [inspector] [jobs] [journal] [profile] [start] [transfers] [volume]`. Each starts its own PostgreSQL and its own EVM node.
import { cpus, loadavg } from 'node:os'
import { catchUp } from './catch-up.ts'
import { fleet } from './fleet.ts'
import { growth } from './growth.ts'
import { hooks } from './hooks.ts'
import { inspector } from './inspector.ts'
import { journal } from './journal.ts'
import { jobs } from './jobs.ts'
import { profile } from './profile.ts'
import { startServer, type BenchServer } from './server.ts'
import { start } from './start.ts'
import { transfers } from './transfers.ts'
import { volume } from './volume.ts'

const BENCHMARKS: Readonly<Record<string, (server: BenchServer) => Promise<void>>> = {
  'catch-up': catchUp,
  fleet,
  growth,
  hooks,
  inspector,
  jobs,
  journal,
  profile,
  start,
  transfers,
  volume,
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are: ${Object.keys(BENCHMARKS).join(', ')}`)
  process.exit(2)
}
const [load = 0] = loadavg()
console.log(`Node ${process.version}, ${cpus().length} cores, load ${load.toFixed(1)} before`)
const server = await startServer()
try {
  for (const [name, run] of Object.entries(BENCHMARKS)) {
    if (names.length === 0 || names.includes(name)) await run(server)
  }
} finally {
  await server.stop()
}
