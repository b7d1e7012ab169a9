import { readFileSync, rmSync, writeFileSync } from 'node:fs'
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
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number(readFileSync(file, 'utf8'))
    if (holder !== process.pid && isAlive(holder)) {
      throw new FolderInUseError(`process ${holder} already runs Pawl's own PostgreSQL in ${directory}`, {
        hint: `Stop process ${holder} first; or, to run several processes on one database, set "database" (or DATABASE_URL) to a PostgreSQL server.`,
      })
    }
    rmSync(file, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
