import type { Config } from '../config/config.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { loadConfig } from './load-config.ts'
import type { DatabasePlace, Purpose } from './open-project-database.ts'

export interface Project {
  readonly config: Config
  /** The folder that `sql/` is in. */
  readonly directory: string
  readonly database: Database
  /** The database's, which counts in a project: that of whoever sits at a terminal elsewhere may be wrong. */
  readonly clock: Clock
}

/**
 * Looks at what a project has stored, whether that runs or not. Nothing is made or changed by it.
 * @param nothing answers where Pawl has not been yet
 */
export async function readProject<T>(
  named: string | undefined,
  read: (project: Project) => Promise<T>,
  nothing: (place: DatabasePlace) => T | Promise<T>,
): Promise<T> {
  return workOn(named, 'look', read, nothing)
}

/**
 * Changes what a project has stored, whether that runs or not. Pawl's own tables are brought up to date before.
 * @param nothing answers where Pawl has not been yet; left out: its tables are made
 */
export async function changeProject<T>(
  named: string | undefined,
  change: (project: Project) => Promise<T>,
  nothing?: (place: DatabasePlace) => T | Promise<T>,
): Promise<T> {
  return nothing === undefined
    ? workOn(named, 'make', change, () => Promise.reject(new Error('it was made')))
    : workOn(named, 'update', change, nothing)
}

async function workOn<T>(
  named: string | undefined,
  purpose: Purpose,
  work: (project: Project) => Promise<T>,
  nothing: (place: DatabasePlace) => T | Promise<T>,
): Promise<T> {
  const { config } = await loadConfig(named)
  // Only commands that need the database wait for its code.
  const { openProjectDatabase, placeOf } = await import('./open-project-database.ts')
  const database = await openProjectDatabase(config, purpose)
  if (database === undefined) return nothing(placeOf(config))
  try {
    const { readClock } = await import('../database/read-clock.ts')
    const clock = config.clock ?? (await readClock(database))
    return await work({ config, directory: config.directory ?? process.cwd(), database, clock })
  } finally {
    await database.close()
  }
}
