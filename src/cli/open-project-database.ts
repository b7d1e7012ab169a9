import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { runningPostgres } from '../database/embedded/running-postgres.ts'
import { migrate } from '../database/migrate.ts'
import { openDatabase } from '../database/open-database.ts'
import { FolderInUseError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { createLineWriter } from './line-writer.ts'
import { createLogger } from './logger.ts'
import { wantsColor } from './output-stream.ts'

/**
 * The database of a project that runs or does not, with Pawl's own tables brought up to date. Where it is embedded and the
 * project runs, that one is used.
 * @throws DatabaseUnavailableError, NewerSchemaError, FolderInUseError
 */
export async function openProjectDatabase(config: Config): Promise<Database> {
  const logger = besideTheAnswer()
  const database = await openDatabaseOf(config, logger)
  try {
    await migrate(database, { logger })
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The same, and its tables as they are. @throws DatabaseUnavailableError, FolderInUseError */
export async function openDatabaseOf(config: Config, logger = besideTheAnswer()): Promise<Database> {
  const directory = join(config.directory ?? process.cwd(), '.pawl')
  const options = { directory, schema: config.schema ?? 'public', logger }
  const open = async (url: string | undefined): Promise<Database> =>
    openDatabase({ ...options, ...(url === undefined ? {} : { url }) })
  return open(config.database).catch((error: unknown) => {
    const url = error instanceof FolderInUseError ? runningPostgres(directory) : undefined
    if (url === undefined) throw error
    return open(url)
  })
}

/** What a command answers is on stdout, alone; what it waits for is on stderr. */
const besideTheAnswer = (): Logger =>
  createLogger({ writer: createLineWriter(process.stderr), color: wantsColor(process.stderr) })
