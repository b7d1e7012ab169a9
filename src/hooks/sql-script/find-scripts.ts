import { readdir, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { SqlScriptError } from '../../errors.ts'

/**
 * The files of a script: `sql/<dotted/name>.sql`, or every `*.sql` of the folder `sql/<dotted/name>/` in natural order (2
 * before 10), not of folders in it, nor hidden ones. An empty folder has none.
 * @throws SqlScriptError when neither is there, or both, or one leads out of `sql/`
 */
export async function findScripts(directory: string, name: string): Promise<readonly string[]> {
  const found = await lookForScripts(directory, name)
  if (found !== undefined) return found
  const path = join('sql', ...name.split('.'))
  throw new SqlScriptError(
    `the SQL script "${name}" is not there: neither ${path}.sql nor the folder ${path}${sep} in ${directory}`,
    {
      hint: `Create one of them; an empty folder is fine, such as ${join(directory, path)}${sep}`,
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
      { hint: 'It is the path below sql/ without ".sql", as in "stats.daily" for sql/stats/daily.sql.' },
    )
  }
  const root = join(directory, 'sql')
  const folder = join(root, ...name.split('.'))
  const file = `${folder}.sql`
  const [isFile, isFolder] = [
    (await statOf(file, name))?.isFile(),
    (await statOf(folder, name))?.isDirectory(),
  ]
  if (isFile === true && isFolder === true) {
    throw new SqlScriptError(`the SQL script "${name}" is there twice: ${file} and ${folder}${sep}`, {
      hint: 'Move the file into the folder.',
    })
  }
  if (isFile === true) return [await inside(root, file, name)]
  return isFolder === true ? filesOf(root, await inside(root, folder, name), name) : undefined
}

async function filesOf(root: string, folder: string, name: string): Promise<readonly string[]> {
  const files: string[] = []
  const entries = (await entriesOf(folder, name)).filter(
    (entry) => /\.sql$/i.test(entry) && !entry.startsWith('.'),
  )
  for (const entry of entries.sort(naturalOrder)) {
    const path = join(folder, entry)
    // Passed over it would be missed; taken, `a.SQL` and `a.sql` would be one file here and two elsewhere.
    if (!entry.endsWith('.sql'))
      throw new SqlScriptError(
        `the SQL script "${name}" has a file whose name does not end in ".sql": ${path}`,
        {
          hint: 'Write the ending in small letters.',
        },
      )
    const found = await statOf(path, name)
    if (found === undefined) {
      throw new SqlScriptError(`the SQL script "${name}" cannot be read: ${path} is a link to nothing`)
    }
    if (found.isFile()) files.push(await inside(root, path, name))
  }
  return files
}

async function entriesOf(folder: string, name: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    throw new SqlScriptError(`the SQL script "${name}" cannot be read: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** Made where it is needed: a start without scripts does without. */
let collator: Intl.Collator | undefined
const naturalOrder = (a: string, b: string): number => {
  collator ??= new Intl.Collator('en', { numeric: true })
  return collator.compare(a, b) || (a < b ? -1 : 1)
}

/** Links may lead anywhere; scripts come from `sql/` alone. */
async function inside(root: string, path: string, name: string): Promise<string> {
  const way = relative(await realpath(root), await realpath(path))
  if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return path
  throw new SqlScriptError(`the SQL script "${name}" leads out of ${root}: ${path} is a link to elsewhere`)
}

/** Undefined where nothing is. @throws SqlScriptError where it cannot be looked at: that is not the same. */
async function statOf(path: string, name: string) {
  try {
    return await stat(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new SqlScriptError(`the SQL script "${name}" cannot be looked for: ${message}`, { cause })
  }
}
