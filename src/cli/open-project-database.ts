import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { deniedSchema, isPermissionDenied } from '../database/denied-schema.ts'
import { runningPostgres } from '../database/embedded/running-postgres.ts'
import { isPostgresMade } from '../database/embedded/is-postgres-made.ts'
import { findLayout } from '../database/find-layout.ts'
import { checkLayout, migrate } from '../database/migrate.ts'
import { describeUrl } from '../database/database-url.ts'
import { openDatabase } from '../database/open-database.ts'
import { FolderInUseError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { createLineWriter } from './line-writer.ts'
import { createLogger } from './logger.ts'
import { wantsColor } from './output-stream.ts'

/** Where a database is, or would be. */
export type DatabasePlace = Pick<Database, 'description' | 'schema'>

/** `look`: nothing is made or changed; `update`: tables of an earlier Pawl are brought up to date; `make`: and made where none are. */
export type Purpose = 'look' | 'update' | 'make'

/**
 * The database of a project, whether that runs or not.
 * @returns undefined where Pawl has not been yet, and nothing is to be made
 * @throws DatabaseUnavailableError, NewerSchemaError, OlderSchemaError when it is to look, FolderInUseError
 */
export async function openProjectDatabase(config: Config, purpose: Purpose): Promise<Database | undefined> {
  if (purpose !== 'make' && config.database === undefined && !isPostgresMade(folderOf(config)))
    return undefined
  const logger = besideTheAnswer()
  const database = await openDatabaseOf(config, logger)
  try {
    if (await isReady(database, purpose, logger)) return database
  } catch (error) {
    const known = isPermissionDenied(error) ? await deniedSchema(database, error) : error
    await database.close()
    throw known
  }
  await database.close()
  return undefined
}

/** False: nothing is there. */
async function isReady(database: Database, purpose: Purpose, logger: Logger): Promise<boolean> {
  if (purpose !== 'make') {
    const { step } = await findLayout(database, database)
    if (step === undefined) return false
    if (purpose === 'look') checkLayout(database, step)
  }
  if (purpose !== 'look') await migrate(database, { logger })
  return true
}

export function placeOf(config: Config): DatabasePlace {
  const { database, schema = 'public' } = config
  const description =
    database === undefined ? `a PostgreSQL of Pawl's own in ${folderOf(config)}` : describeUrl(database)
  return { description, schema }
}

/** Where it is embedded and the project runs, that one is used. @throws DatabaseUnavailableError, FolderInUseError */
export async function openDatabaseOf(config: Config, logger = besideTheAnswer()): Promise<Database> {
  const directory = folderOf(config)
  const options = { directory, schema: config.schema ?? 'public', logger }
  const open = async (url: string | undefined): Promise<Database> =>
    openDatabase({ ...options, ...(url === undefined ? {} : { url }) })
  return open(config.database).catch((error: unknown) => {
    const url = error instanceof FolderInUseError ? runningPostgres(directory) : undefined
    if (url === undefined) throw error
    return open(url)
  })
}

const folderOf = ({ directory = process.cwd() }: Config): string => join(directory, '.pawl')

/** What a command answers is on stdout, alone; what it waits for is on stderr. */
const besideTheAnswer = (): Logger =>
  createLogger({ writer: createLineWriter(process.stderr), color: wantsColor(process.stderr) })
