import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Whether Pawl has begun to make a PostgreSQL of its own in `directory`, running or not. */
export function isPostgresMade(directory: string): boolean {
  return existsSync(join(directory, 'password'))
}
