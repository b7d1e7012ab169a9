import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { runningPostgres } from '../database/embedded/running-postgres.ts'
import { migrate } from '../database/migrate.ts'
import { openDatabase } from '../database/open-database.ts'
import { FolderInUseError } from '../errors.ts'
import { silentLogger } from '../logger.ts'

/**
 * The database of a project that runs or does not, with Pawl's own tables brought up to date. Where it is embedded and the
 * project runs, that one is used.
 * @throws DatabaseUnavailableError, NewerSchemaError, FolderInUseError
 */
export async function openProjectDatabase(config: Config): Promise<Database> {
  const database = await openDatabaseOf(config)
  try {
    await migrate(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The same, and its tables as they are. @throws DatabaseUnavailableError, FolderInUseError */
export async function openDatabaseOf(config: Config): Promise<Database> {
  const directory = join(config.directory ?? process.cwd(), '.pawl')
  const options = { directory, schema: config.schema ?? 'public', logger: silentLogger }
  const open = async (url: string | undefined): Promise<Database> =>
    openDatabase({ ...options, ...(url === undefined ? {} : { url }) })
  return open(config.database).catch((error: unknown) => {
    const url = error instanceof FolderInUseError ? runningPostgres(directory) : undefined
    if (url === undefined) throw error
    return open(url)
  })
}
