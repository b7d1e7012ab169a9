// The kill test at full size: `npm run soak:kills [-- <kills> <seed>]`. Some minutes for 500.
import { randomFrom } from '../../database/soak/random.ts'
import { withScope } from '../../support/scope.ts'
import { startTestServer } from '../../support/test-server.ts'
import { noKills, runKills, type KillCounts } from './run-kills.ts'
import { setStage } from './stage.ts'

const [kills = 500, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
/** Of one database, after which it is checked. */
const ROUND = 25

await withScope(async (scope) => {
  if (process.env['PAWL_TEST_SERVER'] === undefined) {
    const server = await startTestServer()
    process.env['PAWL_TEST_SERVER'] = server.url
    scope.after(() => server.stop())
  }
  const random = randomFrom(seed)
  const stage = await setStage(scope, { levels: 200, seed })
  console.log(`${kills} kills from seed ${seed}, over ${stage.arrivals} blocks of two chains`)
  const total = noKills()
  const started = Date.now()
  for (let done = 0; done < kills;) {
    const round = Math.min(ROUND, kills - done)
    const counts = await runKills(scope, stage, random, round)
    for (const phase of Object.keys(counts) as (keyof KillCounts)[]) total[phase] += counts[phase]
    done += round
    const phases = Object.entries(total).map(([phase, count]) => `${count} ${phase}`)
    console.log(
      `${done} kills, ${Math.round((Date.now() - started) / 1_000)} s: ${phases.join(', ')}; equal each time`,
    )
  }
})
