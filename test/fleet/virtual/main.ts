// A fleet in virtual time: `npm run soak:fleet-virtual [-- <workers> <indexes> <seconds> <seed>]`. What it models, and what not, is said
// in virtual-database.ts.
import { runVirtualFleet } from './virtual-fleet.ts'

const [workers = 1_000, indexes = 100, seconds = 60, seed = 1] = process.argv.slice(2).map(Number)
const started = performance.now()
const outcome = runVirtualFleet({
  workers,
  machines: Math.ceil(workers / 20),
  indexes,
  hooks: 6,
  rate: 1_000,
  seconds,
  kills: 20,
  cuts: 10,
  seed,
})
const most = (times: readonly number[]): string =>
  `${Math.round(times.reduce((a, b) => Math.max(a, b), 0))} ms`
const middle = (times: readonly number[]): string =>
  `${Math.round(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0)} ms`
console.log(
  `${workers} workers, ${indexes} indexes, ${seconds} s in ${Math.round((performance.now() - started) / 1_000)} s: ${outcome.firings} firings`,
)
console.log(
  `${outcome.unfinished} not done, ${outcome.twice} done twice, ${outcome.unfenced} levels of who had lost its lease; no hook had more slots than its maxConcurrency`,
)
console.log(
  `what a dead one had was anybody's after ${middle(outcome.recoveries)}, at most ${most(outcome.recoveries)} (${outcome.recoveries.length} firings)`,
)
console.log(
  `an index went on after ${middle(outcome.takeovers)}, at most ${most(outcome.takeovers)} (${outcome.takeovers.length} times)`,
)
console.log(`statements a second, the busiest second ${outcome.busiest}:`)
for (const [what, rate] of outcome.statements) console.log(`  ${what}: ${Math.round(rate)}`)
