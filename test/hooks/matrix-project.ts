import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { hook } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { loadYamlConfig } from '../../src/cli/load-yaml-config.ts'
import type { Config, HookConfigs, IndexConfigs, JobConfigs } from '../../src/config/config.ts'
import type { BaseContext } from '../../src/hooks/context.ts'
import { createFolder } from '../cli/cli-process.ts'
import { ATTEMPTS, CELLS, stops, type Cell } from './matrix-cells.ts'
import type { MatrixCallbacks } from './matrix-callbacks.ts'

export type Project = Omit<Config<IndexConfigs, HookConfigs, JobConfigs>, 'database'>

const RETRY = { attempts: ATTEMPTS, delay: 0.01 }
// A hook that runs twice writes twice.
const TABLE =
  'create table written (id int generated always as identity primary key, cell text, place int, what text)'

/** ms; cells that never end wait so long, and the others never. */
const drainTimeoutOf = (cells: readonly Cell[]): number =>
  cells.some(({ end }) => end.endsWith('never ends')) ? 300 : 10_000

// Where nobody waits for the hook, the index may or may not come further before the stop: so there is nothing further.
const chainLength = (cell: Cell): number => (stops(cell) && !cell.wait ? 2 : 3)

const firedFromHook = ({ origin }: Cell): boolean => origin.endsWith(' hook')

export function projectOf(cells: readonly Cell[], callbacks: MatrixCallbacks): Project {
  const hooks: Record<string, HookConfigs[string]> = {}
  const indexes: Record<string, IndexConfigs[string]> = {}
  const jobs: Record<string, JobConfigs[string]> = {}
  for (const cell of cells) {
    const { slug, atomicity, origin, wait } = cell
    const atomic = atomicity === 'atomic'
    hooks[slug] = hook({ atomic, retry: RETRY, run: (ctx) => callbacks.run(cell, ctx) })
    if (origin === 'job') jobs[slug] = { hook: slug, interval: '1d', ...(wait ? {} : { wait }) }
    if (firedFromHook(cell)) {
      const run = (ctx: BaseContext): Promise<void> => callbacks.fireFrom(cell, ctx)
      hooks[`above_${slug}`] = hook({ atomic: origin === 'atomic hook', run })
    }
    if (origin !== 'handler') continue
    indexes[slug] = {
      datasource: simulateChain({ seed: slug, length: chainLength(cell) }).datasource(),
      handler: (ctx, { level }) => (level === 1 ? callbacks.fireFrom(cell, ctx) : undefined),
    }
  }
  const on_reindex = async ({ sql }: BaseContext): Promise<void> => void (await sql.unsafe(TABLE))
  return { hooks, indexes, jobs, on_reindex, drainTimeout: drainTimeoutOf(cells) }
}

/** The same as a folder with a `pawl.yaml`, and code beside it. @returns what loads it, with these callbacks behind its files */
export function yamlProjectOf(
  t: TestContext,
  cells: readonly Cell[],
): (callbacks: MatrixCallbacks) => Promise<Project> {
  const key = `pawl matrix ${randomUUID()}`
  const play = `globalThis[Symbol.for('${key}')]`
  const files: Record<string, string> = {
    'pawl.yaml': yamlOf(cells),
    'hooks/on_reindex.ts': `export const on_reindex = (ctx) => ctx.sql.unsafe('${TABLE}')`,
    'indexes.ts': indexesOf(cells, play),
  }
  for (const { slug } of cells)
    files[`hooks/cells/${slug}.ts`] = `export const ${slug} = (ctx) => ${play}('run', '${slug}', ctx)`
  for (const { slug } of cells.filter(firedFromHook))
    files[`hooks/above_${slug}.ts`] =
      `export const above_${slug} = (ctx) => ${play}('fireFrom', '${slug}', ctx)`
  const folder = createFolder(t, files)
  t.after(() => Reflect.deleteProperty(globalThis, Symbol.for(key)))
  return async (callbacks) => {
    const played = (what: 'run' | 'fireFrom', slug: string, ctx: BaseContext): Promise<void> => {
      const cell = CELLS.find((candidate) => candidate.slug === slug)
      if (cell === undefined) throw new RangeError(slug)
      return callbacks[what](cell, ctx)
    }
    Reflect.set(globalThis, Symbol.for(key), played)
    const { config } = await loadYamlConfig(join(folder, 'pawl.yaml'))
    return config as Project
  }
}

function yamlOf(cells: readonly Cell[]): string {
  const hooks = cells.flatMap((cell) => [
    `  ${cell.slug}:`,
    `    callback: cells.${cell.slug}`,
    `    atomic: ${cell.atomicity === 'atomic' ? 'True' : 'False'}`,
    `    retry: { attempts: ${RETRY.attempts}, delay: ${RETRY.delay} }`,
    ...(firedFromHook(cell) ? [`  above_${cell.slug}: { atomic: ${cell.origin === 'atomic hook'} }`] : []),
  ])
  const jobs = cells
    .filter(({ origin }) => origin === 'job')
    .map(({ slug, wait }) => `  ${slug}: { hook: ${slug}, interval: 1d${wait ? '' : ', wait: false'} }`)
  const advanced = ['advanced:', `  drain_timeout: ${drainTimeoutOf(cells)}`]
  return ['hooks:', ...hooks, ...(jobs.length === 0 ? [] : ['jobs:', ...jobs]), ...advanced].join('\n')
}

function indexesOf(cells: readonly Cell[], play: string): string {
  const entries = cells
    .filter(({ origin }) => origin === 'handler')
    .map((cell) => `  ${cell.slug}: index('${cell.slug}', ${chainLength(cell)}),`)
  return `import { defineConfig } from 'pawl'
import { simulateChain } from 'pawl/testing'
const index = (name, length) => ({
  datasource: simulateChain({ seed: name, length }).datasource(),
  handler: (ctx, { level }) => (level === 1 ? ${play}('fireFrom', name, ctx) : undefined),
})
export const { indexes } = defineConfig({ indexes: {
${entries.join('\n')}
} })
`
}
