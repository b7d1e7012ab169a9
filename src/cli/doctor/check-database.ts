import type { Config } from '../../config/config.ts'
import type { Database } from '../../database/database.ts'
import { checkRights } from './check-rights.ts'
import { checkStart } from './check-start.ts'
import { fault, type Finding } from './finding.ts'

const OLDEST_POSTGRES = 140_000

/** The database, and what is stored in it. */
export async function* checkDatabase(
  config: Config,
  chains: ReadonlyMap<string, string>,
): AsyncGenerator<Finding> {
  const { isPostgresMade } = await import('../../database/embedded/is-postgres-made.ts')
  const { join } = await import('node:path')
  const folder = join(config.directory ?? process.cwd(), '.pawl')
  if (config.database === undefined && !isPostgresMade(folder)) {
    yield {
      check: 'database',
      state: 'good',
      message: `none is configured: the first start makes a PostgreSQL of Pawl's own in ${folder}`,
    }
    return void (yield {
      check: 'start',
      state: 'good',
      message: 'would make the database, and index from the first level',
    })
  }
  const { openDatabaseOf } = await import('../open-project-database.ts')
  let database: Database
  try {
    database = await openDatabaseOf(config)
  } catch (error) {
    return void (yield fault('database', error))
  }
  try {
    yield checkVersion(database)
    yield* checkRights(database)
    yield* checkStart(config, database, chains)
  } catch (error) {
    const { deniedSchema, isPermissionDenied } = await import('../../database/denied-schema.ts')
    yield fault('database', isPermissionDenied(error) ? await deniedSchema(database, error) : error)
  } finally {
    await database.close()
  }
}

function checkVersion({ version, description }: Database): Finding {
  const message = `${description}: PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`
  return version >= OLDEST_POSTGRES
    ? { check: 'database', state: 'good', message }
    : { check: 'database', state: 'bad', message, advice: 'Pawl needs PostgreSQL 14 or newer.' }
}
