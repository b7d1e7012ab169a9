// Rollbacks of random schemas at full size: `npm run soak:rollback`. PAWL_RUNS=2000 says how many, PAWL_SEED=n from which seed
// on: each run is one seed, so that PAWL_RUNS=1 PAWL_SEED=<the one that failed> repeats a failure.
import { startTestServer } from '../../support/test-server.ts'
import { openJournal } from '../journal-fixture.ts'
import { rollbackRun, type RunCounts } from './rollback-run.ts'

const runs = Number(process.env['PAWL_RUNS'] ?? 2_000)
const first = Number(process.env['PAWL_SEED'] ?? Date.now() % 1_000_000)
const server = process.env['PAWL_TEST_SERVER'] === undefined ? await startTestServer() : undefined
process.env['PAWL_TEST_SERVER'] ??= server?.url
const cleanups: (() => Promise<void>)[] = []
const scope = { after: (work: () => Promise<void>) => void cleanups.push(work) }
const total: RunCounts = { levels: 0, statements: 0, failed: 0, reverts: 0, refused: 0 }
const started = Date.now()
let next = 0
try {
  // Each on a database of its own. Of three runs one is a user's without the right to suspend triggers.
  const ends = await Promise.allSettled([work(), work(), work()])
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  console.log(`${describe()}: whole each time`)
} finally {
  for (const cleanup of cleanups) await cleanup()
  await server?.stop()
}

async function work(): Promise<void> {
  const mighty = await openJournal(scope)
  const plain = await openJournal(scope, '', 'plain')
  const [row] = await mighty.sql<{ version: number }[]>`
    select current_setting('server_version_num')::int / 10000 as version`
  const version = row?.version ?? 0
  if (next === 0) console.log(`PostgreSQL ${version}: ${runs} runs from seed ${first} on`)
  for (let run = next++; run < runs; run = next++) {
    const seed = first + run
    const suspends = seed % 3 !== 0
    try {
      const counts = await rollbackRun(suspends ? mighty : plain, seed, version, suspends)
      for (const key of Object.keys(counts) as (keyof RunCounts)[]) total[key] += counts[key]
    } catch (error) {
      next = runs
      console.error(
        `seed ${seed} fails on PostgreSQL ${version}: PAWL_RUNS=1 PAWL_SEED=${seed} npm run soak:rollback`,
      )
      throw error
    }
    if ((run + 1) % 200 === 0) console.log(`${run + 1} runs, ${describe()}`)
  }
}

function describe(): string {
  const { levels, statements, failed, reverts, refused } = total
  return (
    `${Math.round((Date.now() - started) / 1_000)} s, ${levels} levels of ${statements} statements (${failed} refused by constraints), ` +
    `${reverts} reverts, ${refused} of them refused where triggers cannot be suspended`
  )
}
