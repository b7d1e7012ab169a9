import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { InspectedLoad, InspectedLoadResult } from './inspector-load.ts'
import { median, printTable } from './print-table.ts'
import type { BenchServer } from './server.ts'

const ROUNDS = 7
const MODES = ['off', 'idle', 'viewed'] as const
const NAMES = { off: 'no inspector', idle: 'an inspector, nobody looks', viewed: 'one page looks' }

/** What an inspector costs the process that it shows: 50 indexes at their heads, 1,000 jobs that fire 500 times a second. */
export async function inspector(server: BenchServer): Promise<void> {
  const results: Record<(typeof MODES)[number], InspectedLoadResult[]> = { off: [], idle: [], viewed: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    // In turns, so that what else the machine does meets all of them.
    for (let turn = 0; turn < MODES.length; turn += 1) {
      const mode = MODES[(round + turn) % MODES.length] ?? 'off'
      results[mode].push(await load({ database: await server.create(), inspector: mode }))
    }
  }
  const middle = (mode: (typeof MODES)[number], of: (result: InspectedLoadResult) => number): number =>
    median(results[mode].map(of))
  printTable('50 indexes at their heads, 1,000 jobs', [
    ['', 'levels/s', 'events/s', 'CPU ms a level', 'throughput', 'by CPU'],
    ...MODES.map((mode) => [
      NAMES[mode],
      middle(mode, ({ levels }) => levels).toFixed(0),
      middle(mode, ({ events }) => events).toFixed(0),
      middle(mode, ({ cpu }) => cpu).toFixed(2),
      ratio(results[mode], results.off, ({ levels }) => levels),
      ratio(results.off, results[mode], ({ cpu }) => cpu),
    ]),
  ])
}

/** Round by round: each is compared with its neighbour. */
function ratio(
  some: readonly InspectedLoadResult[],
  others: readonly InspectedLoadResult[],
  of: (result: InspectedLoadResult) => number,
): string {
  const ratios = some.map((result, round) => of(result) / of(others[round] ?? result))
  return `${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
}

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

async function load(what: InspectedLoad): Promise<InspectedLoadResult> {
  const child = fork(program('./inspector-load.js'), [JSON.stringify(what)])
  let viewer: ChildProcess | undefined
  let url = ''
  let result: InspectedLoadResult | undefined
  child.on('message', (message: { url?: string; look?: true; result?: InspectedLoadResult }) => {
    url = message.url ?? url
    result = message.result ?? result
    if (message.look === undefined) return
    viewer = fork(program('./inspector-viewer.js'), [url])
    viewer.once('message', () => child.send('looks'))
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  viewer?.kill()
  if (result === undefined) throw new Error(`the load ended with ${code} and without a result`)
  return result
}
