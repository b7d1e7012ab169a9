import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StateMachine, type AnyStateMachine } from 'xstate'
import { chartOf } from './chart.ts'
import { layOutChart } from './lay-out-chart.ts'
import { toMermaid } from './mermaid.ts'
import { toSvg } from './svg.ts'

const MACHINES = new URL('../../machines/', import.meta.url)

/**
 * The charts of all of Pawl's machines, by the names of their files: as Mermaid, as a picture, and the places of all
 * that is in the picture, for who draws it otherwise. Found by the machines' files, so that none is left out.
 */
export async function diagrams(): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(MACHINES)).filter((file) => /\.machine\.[jt]s$/.test(file)).toSorted()
  const found = new Map<string, string>()
  for (const file of files) {
    const exported = Object.values((await import(new URL(file, MACHINES).href)) as Record<string, unknown>)
    const machine = exported.find((value) => value instanceof StateMachine) as AnyStateMachine | undefined
    if (machine === undefined) continue
    const name = file.replace(/\.machine\.[jt]s$/, '')
    const chart = chartOf(machine)
    const layout = await layOutChart(chart)
    found.set(`${name}.mmd`, toMermaid(chart))
    found.set(`${name}.svg`, toSvg(layout))
    found.set(`${name}.layout.json`, `${JSON.stringify(layout, undefined, 1)}\n`)
  }
  return found
}

/** Writes the charts into a folder and returns their names. */
export async function writeDiagrams(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const charts = await diagrams()
  for (const [name, chart] of charts) await writeFile(join(folder, name), chart)
  return [...charts.keys()]
}
