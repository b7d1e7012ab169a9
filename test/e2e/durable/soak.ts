// The kill test of durable firings at full size: `npm run soak:hooks [-- <levels> <kills> <seed>]`. Four firings a level.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startPostgres } from '../../../src/database/embedded/start-postgres.ts'
import { checkEffects } from './check-effects.ts'
import { recordChain } from './record-chain.ts'
import { runWithKills } from './run-with-kills.ts'

const [levels = 2_500, kills = 200, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
const directory = mkdtempSync(join(tmpdir(), 'pawl-soak-'))
// Root's server runs as another user, who has to get to it.
chmodSync(directory, 0o755)
const server = await startPostgres({ directory, durable: false })
const sql = postgres(server.url, { max: 1, onnotice: () => {} })
try {
  const file = join(directory, 'chain.ndjson')
  const chain = recordChain(file, { levels, seed })
  const firings = 4 * (chain.canonical.length + chain.orphans)
  console.log(
    `seed ${seed}: ${levels} levels, ${chain.orphans} blocks that leave the chain, ${firings} firings, ${kills} kills`,
  )
  const started = Date.now()
  // Messages a level: its progress, and start and end of each firing.
  await runWithKills(sql, {
    url: server.url,
    file,
    kills,
    seed,
    every: Math.ceil((levels * 8) / (kills + 1)),
  })
  await checkEffects(sql, chain)
  const [loose] =
    await sql`select count(*)::int as runs, count(distinct hash)::int as blocks from effect where hook = 'loose'`
  console.log(
    `right after ${Math.round((Date.now() - started) / 1_000)} s: atomic effects once each, none of blocks that left the chain;`,
  )
  console.log(`of the hook that is not atomic ${loose?.['runs']} runs for ${loose?.['blocks']} blocks`)
} finally {
  await sql.end()
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
}
