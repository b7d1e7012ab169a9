import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the inspector of a running project is, for `pawl inspect`. */
export interface InspectorPlace {
  /** With its token. */
  readonly url: string
  readonly pid: number
}

const fileIn = (directory: string): string => join(directory, '.pawl', 'inspector.json')

/** Notes it where only this user can read it. @returns what takes the note away */
export function noteInspector(directory: string, url: string): () => void {
  const file = fileIn(directory)
  const draft = `${file}.${process.pid}`
  mkdirSync(join(directory, '.pawl'), { recursive: true })
  writeFileSync(draft, `${JSON.stringify({ url, pid: process.pid } satisfies InspectorPlace)}\n`, {
    mode: 0o600,
  })
  renameSync(draft, file)
  return () => {
    // Another process of the same project may have written since.
    if (findInspector(directory)?.pid === process.pid) rmSync(file, { force: true })
  }
}

/** undefined: none was noted. One that is noted may be gone: its process was killed. */
export function findInspector(directory: string): InspectorPlace | undefined {
  const file = fileIn(directory)
  if (!existsSync(file)) return undefined
  try {
    const { url, pid } = JSON.parse(readFileSync(file, 'utf8')) as Partial<InspectorPlace>
    return typeof url === 'string' && typeof pid === 'number' ? { url, pid } : undefined
  } catch {
    return undefined
  }
}
