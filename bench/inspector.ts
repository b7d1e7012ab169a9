import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { InspectedLoad, InspectedLoadResult } from './inspector-load.ts'
import { median, printTable } from './print-table.ts'
import type { BenchServer } from './server.ts'

const ROUNDS = Number(process.env['PAWL_BENCH_ROUNDS'] ?? 3)
/** Times in a round that somebody looks. */
const LOOKS = 3
const VIEWS = (process.env['PAWL_BENCH_VIEWS'] ?? 'overview,charts,jobs,events').split(',')

/** What an inspector costs the process that it shows: 50 indexes at their heads, 1,000 jobs that fire 500 times a second. */
export async function inspector(server: BenchServer): Promise<void> {
  const off: InspectedLoadResult[] = []
  const idle: InspectedLoadResult[] = []
  const viewed = new Map<string, InspectedLoadResult[]>(VIEWS.map((view) => [view, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    // In turns, so that what else the machine does meets all of them.
    const alone = [false, true].map((on) => async () => {
      const loaded = await load({ database: await server.create(), inspector: on, looks: 0 })
      ;(on ? idle : off).push(loaded)
    })
    for (const run of round % 2 === 0 ? alone : alone.toReversed()) await run()
    for (const [view, results] of viewed)
      results.push(await load({ database: await server.create(), inspector: true, looks: LOOKS }, view))
  }
  const row = (
    name: string,
    results: readonly InspectedLoadResult[],
    cpu: (result: InspectedLoadResult) => number,
    ratios: readonly number[],
  ): readonly string[] => [
    name,
    median(results.map(({ events }) => events)).toFixed(0),
    `${(median(results.map(cpu)) / 10).toFixed(1)} %`,
    `${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
  ]
  const alone = ({ alone: turns }: InspectedLoadResult): number => mean(turns)
  const looked = ({ looked: turns }: InspectedLoadResult): number => mean(turns)
  /** Each look is compared with the turns before and after it: the machine's speed changes less in that time. */
  const looks = ({ alone: turns, looked: looking }: InspectedLoadResult): readonly number[] =>
    looking.map((cpu, at) => mean(turns.slice(at, at + 2)) / cpu)
  printTable('50 indexes at their heads, 1,000 jobs', [
    ['', 'events/s', 'CPU of a core', 'by CPU'],
    row('no inspector', off, alone, [1]),
    row(
      'an inspector, nobody looks',
      idle,
      alone,
      idle.map((one, at) => alone(off[at] ?? one) / alone(one)),
    ),
    ...[...viewed].map(([view, results]) =>
      row(`one page looks: ${view}`, results, looked, results.flatMap(looks)),
    ),
  ])
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

async function load(what: InspectedLoad, view = ''): Promise<InspectedLoadResult> {
  const child = fork(program('./inspector-load.js'), [JSON.stringify(what)])
  let viewer: ChildProcess | undefined
  let url = ''
  let result: InspectedLoadResult | undefined
  child.on('message', (message: { url?: string; look?: boolean; result?: InspectedLoadResult }) => {
    url = message.url ?? url
    result = message.result ?? result
    if (message.look === undefined) return
    viewer ??= fork(program('./inspector-viewer.js'), [url, view])
    viewer.once('message', () => child.send('done'))
    viewer.send({ look: message.look })
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  viewer?.kill()
  if (result === undefined) throw new Error(`the load ended with ${code} and without a result`)
  return result
}
