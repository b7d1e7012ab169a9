import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { SqlScriptError } from '../../errors.ts'

/**
 * The files of a script: `sql/<dotted/name>.sql`, or every `*.sql` of the folder `sql/<dotted/name>/` in natural order (2
 * before 10), not of folders in it. An empty folder has none.
 * @throws SqlScriptError when neither is there, or one leads out of `sql/`
 */
export async function findScripts(directory: string, name: string): Promise<readonly string[]> {
  const found = await lookForScripts(directory, name)
  if (found !== undefined) return found
  const path = join('sql', ...name.split('.'))
  throw new SqlScriptError(
    `the SQL script "${name}" is not there: neither ${path}.sql nor the folder ${path}/ in ${directory}`,
    {
      hint: `Create one of them; an empty folder is fine: mkdir -p ${join(directory, path)}`,
    },
  )
}

/** As `findScripts`, but undefined when there is none. */
export async function lookForScripts(
  directory: string,
  name: string,
): Promise<readonly string[] | undefined> {
  if (!/^[\w-]+(\.[\w-]+)*$/.test(name)) {
    throw new SqlScriptError(
      `"${name}" is no name of a SQL script: letters, digits, _ and -, with dots for folders`,
    )
  }
  const root = join(directory, 'sql')
  const path = join(root, ...name.split('.'))
  const file = `${path}.sql`
  if (await isFile(file)) return [await inside(root, file, name)]
  if (!(await isFolder(path))) return undefined
  await inside(root, path, name)
  const entries = await readdir(path, { withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith('.sql'))
  const sorted = files.map((entry) => entry.name).toSorted(naturalOrder)
  return Promise.all(sorted.map((entry) => inside(root, join(path, entry), name)))
}

const collator = new Intl.Collator('en', { numeric: true })
const naturalOrder = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : 1)

/** Links may lead anywhere; scripts come from `sql/` alone. */
async function inside(root: string, path: string, name: string): Promise<string> {
  const way = relative(await realpath(root), await realpath(path))
  if (way !== '..' && !way.startsWith(`..${sep}`)) return path
  throw new SqlScriptError(`the SQL script "${name}" leads out of ${root}: ${path} is a link to elsewhere`)
}

const isFile = async (path: string): Promise<boolean> => (await statOf(path))?.isFile() ?? false
const isFolder = async (path: string): Promise<boolean> => (await statOf(path))?.isDirectory() ?? false
const statOf = (path: string) => stat(path).catch(() => undefined)
