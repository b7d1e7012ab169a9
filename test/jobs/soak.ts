// The kill test of jobs at full size: `npm run soak:jobs [-- <jobs> <seconds>]`. Two processes on one database, then three.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startPostgres } from '../../src/database/embedded/start-postgres.ts'
import { runFleet } from './run-fleet.ts'

const [jobs = 200, seconds = 60] = process.argv.slice(2).map(Number)
const directory = mkdtempSync(join(tmpdir(), 'pawl-soak-'))
// Root's server runs as another user, who has to get to it.
chmodSync(directory, 0o755)
const server = await startPostgres({ directory, durable: false, settings: ['max_connections=300'] })
const admin = postgres(server.url, { max: 1, onnotice: () => {} })
try {
  for (const processes of [2, 3]) {
    await admin.unsafe(`create database fleet_${processes}`)
    const url = new URL(server.url)
    url.pathname = `/fleet_${processes}`
    console.log(`${processes} processes, ${jobs} jobs, ${seconds} s …`)
    const { kills, firings, lost, retried } = await runFleet({ url: url.href, processes, jobs, seconds })
    console.log(
      `right after ${kills} kills: ${firings} firings, a row each, none run more often than its attempts; ${lost} lost with their process, ${retried} run again`,
    )
  }
} finally {
  await admin.end()
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
}
