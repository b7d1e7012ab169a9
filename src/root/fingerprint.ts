import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Config, IndexConfig } from '../config/config.ts'
import { lookForScripts } from '../hooks/sql-script/find-scripts.ts'

/** What makes the user's tables. The same on every platform: a script counts by its text, however its lines end. */
export interface SchemaFingerprint {
  readonly version: number | string | null
  /** By the path below `sql/`: SHA-256. */
  readonly scripts: Readonly<Record<string, string>>
}

/** Of `schemaVersion` and the scripts of `sql/on_reindex`. @throws SqlScriptError */
export async function schemaFingerprint(config: Config, directory: string): Promise<SchemaFingerprint> {
  const files = (await lookForScripts(directory, 'on_reindex')) ?? []
  const root = join(directory, 'sql')
  const scripts = await Promise.all(
    files.map(async (file) => [
      relative(root, file).split(sep).join('/'),
      hash(await readFile(file, 'utf8')),
    ]),
  )
  return {
    version: config.schemaVersion ?? null,
    scripts: Object.fromEntries(scripts) as Record<string, string>,
  }
}

const hash = (text: string): string =>
  createHash('sha256')
    .update(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'))
    .digest('hex')

/** What decides which levels and which data an index gets; not where from, nor its code, which no hash can judge. */
export function indexFingerprint({ firstLevel, datasource }: IndexConfig): unknown {
  const decisive = { firstLevel: firstLevel ?? null, selection: datasource.selection ?? null }
  return JSON.parse(JSON.stringify(decisive, exact)) as unknown
}

const exact = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

/** The differences, each as `what: before → after`. */
export function describeChanges(before: unknown, after: unknown): readonly string[] {
  const [old, now] = [flatten(before), flatten(after)]
  const paths = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return paths.flatMap((path) => {
    const [was, is] = [old.get(path), now.get(path)]
    return was === is ? [] : [`${path}: ${was ?? 'nothing'} → ${is ?? 'nothing'}`]
  })
}

/** Leaves by their paths. Lists have no places: their items do not change by being moved. */
function flatten(value: unknown, path = ''): ReadonlyMap<string, string> {
  if (Array.isArray(value)) return new Map(value.map((item) => [`${path} ${JSON.stringify(item)}`, 'there']))
  if (typeof value !== 'object' || value === null) return new Map([[path, JSON.stringify(value)]])
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [
      ...flatten(inner, path === '' ? key : `${path}.${key}`),
    ]),
  )
}
