import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchServer } from './server.ts'
import { printTable } from './print-table.ts'
import { launchIndexer } from './transfers/backfill.ts'
import { buildBusyChain } from './transfers/busy-chain.ts'

/** What V8 writes with `--cpu-prof`, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  /** µs */
  readonly timeDeltas: readonly number[]
}

/** By where a function is; what none of them is, is its caller's. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ['(waiting)', /^\(idle\)/],
  ['garbage collection', /^\(garbage collector\)/],
  ['the handler', /bench\/transfers\/indexer/],
  ['asking the node, reading its JSON', /evm\/(http-transport|json-rpc|node-)|undici/],
  ['decoding logs', /datasources\/evm|viem|@noble|ox\//],
  ['putting rows into statements', /database\/(batch-gatherer|row-batch|write-|encode-column|add-decimals)/],
  ['postgres.js, and what guards it', /postgres\/src|database\//],
  ['XState', /xstate/],
  ['ranges, levels, cursors', /src\/indexing/],
  ['loading modules', /modules\/|internal\/bootstrap|compileSourceTextModule/],
]

/** Where a backfill's time goes, by V8's own profiler: of the process of `bench transfers`. */
export async function profile(server: BenchServer): Promise<void> {
  const chain = await buildBusyChain({ blocks: 400, perBlock: 500 })
  const directory = mkdtempSync(join(tmpdir(), 'pawl-profile-'))
  try {
    const { hash } = await chain.head()
    const setup = { database: await server.create(), handler: 'event', indexes: 1, cache: false } as const
    const { indexer } = await launchIndexer(chain, setup, directory, [
      '--cpu-prof',
      `--cpu-prof-dir=${directory}`,
    ])
    await indexer.reached(hash)
    await indexer.stop()
    const [file = ''] = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))
    const parts = timeByPart(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile)
    const all = [...parts.values()].reduce((sum, ms) => sum + ms, 0)
    printTable('where the time of a backfill goes', [
      ['', 'ms', 'share'],
      ...[...parts]
        .toSorted(([, a], [, b]) => b - a)
        .map(([part, ms]) => [part, ms.toFixed(0), `${((100 * ms) / all).toFixed(1)} %`]),
    ])
  } finally {
    await chain.anvil.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

function timeByPart({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<string, number> {
  const partOf = new Map<number, string>()
  const names = new Map(nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName} ${callFrame.url}`]))
  // Parents come before their children.
  for (const { id, children = [] } of nodes) {
    partOf.set(
      id,
      PARTS.find(([, place]) => place.test(names.get(id) ?? ''))?.[0] ?? partOf.get(id) ?? 'other',
    )
    for (const child of children) partOf.set(child, partOf.get(id) ?? 'other')
  }
  const parts = new Map<string, number>()
  for (const [at, id] of samples.entries()) {
    const part = partOf.get(id) ?? 'other'
    parts.set(part, (parts.get(part) ?? 0) + (timeDeltas[at] ?? 0) / 1_000)
  }
  return parts
}
