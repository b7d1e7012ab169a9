// Whether Pawl stays as it is over time: `npm run soak [-- --days 364 --minutes 10]`; 0 leaves one of them out.
// A year in virtual time, of which the first quarter is not judged, then real minutes; a table, and a verdict. See docs/guarantees.md for the last long run.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { startPostgres } from '../../src/database/embedded/start-postgres.ts'
import type { Verdict } from './judge.ts'
import { runReal } from './real-run.ts'
import { runVirtual } from './virtual-run.ts'

const { values } = parseArgs({
  options: { days: { type: 'string', default: '364' }, minutes: { type: 'string', default: '10' } },
})
const directory = mkdtempSync(join(tmpdir(), 'pawl-soak-'))
// Root's server runs as another user, who has to get to it.
chmodSync(directory, 0o755)
const server = await startPostgres({ directory, durable: false })
const runs: readonly (readonly [string, number, (url: string, length: number) => Promise<Verdict>])[] = [
  ['virtual days', Number(values.days), runVirtual],
  ['real minutes', Number(values.minutes), runReal],
]
try {
  for (const [unit, length, run] of runs) {
    if (!(length > 0)) continue
    console.log(`\n${length} ${unit}`)
    const name = unit.replaceAll(' ', '_')
    const admin = postgres(server.url, { max: 1, onnotice: () => {} })
    await admin.unsafe(`create database ${name}`)
    await admin.end()
    const url = new URL(server.url)
    url.pathname = `/${name}`
    const { facts, faults } = await run(url.href, length)
    console.log([...facts, ...faults.map((fault) => `WRONG: ${fault}`)].join('\n'))
    console.log(faults.length === 0 ? `${length} ${unit}: right` : `${length} ${unit}: WRONG`)
    if (faults.length > 0) process.exitCode = 1
  }
} finally {
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
}
