import type { Config } from '../config/config.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { loadConfig } from './load-config.ts'

export interface Project {
  readonly config: Config
  /** The folder that `sql/` is in. */
  readonly directory: string
  readonly database: Database
  /** The database's, which counts in a project: that of whoever sits at a terminal elsewhere may be wrong. */
  readonly clock: Clock
}

/** Does something to the database of a project, whether that runs or not. */
export async function withProject<T>(
  named: string | undefined,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const { config } = await loadConfig(named)
  // Only commands that need the database wait for its code.
  const { openProjectDatabase } = await import('./open-project-database.ts')
  const database = await openProjectDatabase(config)
  try {
    const { readClock } = await import('../database/read-clock.ts')
    const clock = config.clock ?? (await readClock(database))
    return await work({ config, directory: config.directory ?? process.cwd(), database, clock })
  } finally {
    await database.close()
  }
}
