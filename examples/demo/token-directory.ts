import { cp, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

// From dist/examples/demo, where this runs, to the sources: tsc copies no SQL.
const DEMO = fileURLToPath(new URL('../../../examples/demo/', import.meta.url))

/** Where the databases of the tokens on users' nodes are: each keeps what it has, so that the next start goes on. */
export const TOKENS = resolve('.pawl', 'demo')

/** Makes the folder of one token's Pawl: the demo's `sql/` in it, and later the embedded database. */
export async function makeDirectory(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true })
  await cp(join(DEMO, 'sql'), join(directory, 'sql'), { recursive: true })
  return directory
}
