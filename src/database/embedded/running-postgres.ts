import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder } from './data-folder.ts'
import { isPostgresMade } from './is-postgres-made.ts'

/**
 * The URL of the PostgreSQL that another process of this user runs in `directory`, for commands beside a running project;
 * undefined when there is none, or when it has only begun to start.
 */
export function runningPostgres(directory: string): string | undefined {
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
  if (!existsSync(join(directory, 'pid')) || !isPostgresMade(directory)) return undefined
  // Its fourth line is the port, as PostgreSQL documents.
  const file = join(dataFolder(directory, user), 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const port = Number(readFileSync(file, 'utf8').split('\n')[3])
  const password = readFileSync(join(directory, 'password'), 'utf8')
  return port > 0 ? `postgres://postgres:${password}@127.0.0.1:${port}/postgres` : undefined
}
