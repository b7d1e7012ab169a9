// A network that fails between Pawl and PostgreSQL, at full size: `npm run soak:faults [-- <faults> <seed>]`.
import { randomFrom } from '../../database/soak/random.ts'
import { withScope } from '../../support/scope.ts'
import { startTestServer } from '../../support/test-server.ts'
import { noFaults, runFaults, type FaultCounts } from './run-faults.ts'
import { setStage } from './stage.ts'

const [faults = 200, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
/** Of one database, after which it is checked. */
const ROUND = 25
/** ms. Longer than a lease lasts. */
const LONGEST_STALL = 7_000

await withScope(async (scope) => {
  if (process.env['PAWL_TEST_SERVER'] === undefined) {
    const server = await startTestServer()
    process.env['PAWL_TEST_SERVER'] = server.url
    scope.after(() => server.stop())
  }
  const random = randomFrom(seed)
  const stage = await setStage(scope, { levels: 160, seed })
  console.log(`${faults} faults from seed ${seed}, over ${stage.arrivals} blocks of two chains`)
  const total = noFaults()
  const started = Date.now()
  for (let done = 0; done < faults;) {
    const round = Math.min(ROUND, faults - done)
    const counts = await runFaults(scope, stage, random, round, LONGEST_STALL)
    for (const kind of Object.keys(counts) as (keyof FaultCounts)[]) total[kind] += counts[kind]
    done += round
    const kinds = Object.entries(total).map(([kind, count]) => `${count} ${kind}`)
    console.log(
      `${done} faults, ${Math.round((Date.now() - started) / 1_000)} s: ${kinds.join(', ')}; equal each time`,
    )
  }
})
