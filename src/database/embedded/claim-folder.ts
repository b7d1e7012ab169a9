import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FolderInUseError } from '../../errors.ts'

/**
 * Claims the folder for this process, by a file with its pid. A claim whose process is gone does not count.
 * @returns what gives the folder back
 * @throws FolderInUseError
 */
export async function claimFolder(directory: string): Promise<() => void> {
  const file = join(directory, 'pid')
  for (;;) {
    if (claim(file)) return () => rmSync(file, { force: true })
    const holder = holderOf(file)
    if (holder !== process.pid && isAlive(holder)) {
      throw new FolderInUseError(`process ${holder} already runs Pawl's own PostgreSQL in ${directory}`, {
        hint: `Stop process ${holder} first; or, to run several processes on one database, set "database" (or DATABASE_URL) to a PostgreSQL server.`,
      })
    }
    rmSync(file, { force: true })
  }
}

/** Written aside and then linked: a claim is never seen half written, nor left so by a kill. */
function claim(file: string): boolean {
  const draft = `${file}.${process.pid}`
  try {
    writeFileSync(draft, String(process.pid))
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(draft, { force: true })
  }
}

/** NaN where it was given back meanwhile. */
function holderOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return Number.NaN
  }
}

function isAlive(pid: number): boolean {
  // 0 and less would ask after groups of processes.
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
