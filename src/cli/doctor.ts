import type { Config } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { PawlError } from '../errors.ts'
import { describeError } from '../text/describe-error.ts'
import { describeIssue } from '../text/describe-issue.ts'
import { formatCount, plural } from '../text/format-number.ts'
import { loadConfig, type LoadedConfig } from './load-config.ts'

/** What was looked at, how it is, and what to do about it. */
export interface Finding {
  readonly check: string
  readonly state: 'good' | 'warning' | 'bad'
  readonly message: string
  readonly advice?: string
}

/** ms. A node that answers later is of no use. */
const PATIENCE = 15_000
const OLDEST_POSTGRES = 140_000

/** Looks at all that a start needs, and says what would happen at one. Changes nothing: not even Pawl's own tables. */
export async function* examine(named: string | undefined): AsyncGenerator<Finding> {
  yield checkNode(process.versions.node)
  let loaded: LoadedConfig
  try {
    loaded = await loadConfig(named)
  } catch (error) {
    return void (yield fault('config', error))
  }
  const { config, file, warnings } = loaded
  const { indexes = {}, hooks = {}, jobs = {} } = config
  const counts = [
    plural(Object.keys(indexes).length, 'index', 'indexes'),
    plural(Object.keys(hooks).length, 'hook'),
    plural(Object.keys(jobs).length, 'job'),
  ]
  yield { check: 'config', state: 'good', message: `${file}: ${counts.join(', ')}` }
  for (const warning of warnings) yield { check: 'config', state: 'warning', message: describeIssue(warning) }
  yield* checkSources(config)
  yield* checkDatabase(config)
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const message = `Node ${version}`
  if (major > 20 || (major === 20 && minor >= 19)) return { check: 'node', state: 'good', message }
  return { check: 'node', state: 'bad', message, advice: 'Pawl needs Node 20.19 or newer.' }
}

async function* checkSources(config: Config): AsyncGenerator<Finding> {
  const [{ SourceReader }, { systemClock }] = await Promise.all([
    import('../indexing/source-reader.ts'),
    import('../clock.ts'),
  ])
  const looked = Object.entries(config.indexes ?? {}).map(
    async ([index, { datasource }]): Promise<Finding> => {
      const check = `index ${index}`
      const source = new SourceReader({
        index,
        datasource,
        clock: systemClock,
        finality: 0,
        timeout: PATIENCE,
      })
      const signal = AbortSignal.timeout(PATIENCE)
      try {
        const chain = await source.chain(signal)
        const { level } = await source.head(undefined, signal)
        const of = chain === undefined ? '' : `chain ${chain}, `
        return { check, state: 'good', message: `${source.description}: ${of}head ${formatCount(level)}` }
      } catch (error) {
        return signal.aborted && error === signal.reason
          ? {
              check,
              state: 'bad',
              message: `${source.description} did not answer within ${PATIENCE / 1_000} s`,
            }
          : fault(check, error)
      } finally {
        await datasource.close?.()
      }
    },
  )
  for (const finding of looked) yield await finding
}

async function* checkDatabase(config: Config): AsyncGenerator<Finding> {
  const { existsSync } = await import('node:fs')
  const { join } = await import('node:path')
  const folder = join(config.directory ?? process.cwd(), '.pawl')
  if (config.database === undefined && !existsSync(folder)) {
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
  const { openDatabaseOf } = await import('./open-project-database.ts')
  let database: Database
  try {
    database = await openDatabaseOf(config)
  } catch (error) {
    return void (yield fault('database', error))
  }
  try {
    yield* checkServer(database)
    yield* checkStart(config, database)
  } catch (error) {
    yield fault('database', error)
  } finally {
    await database.close()
  }
}

async function* checkServer({
  sql,
  version,
  description,
  schema,
  ownSchema,
}: Database): AsyncGenerator<Finding> {
  const number = `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`
  yield version >= OLDEST_POSTGRES
    ? { check: 'database', state: 'good', message: `${description}: ${number}` }
    : {
        check: 'database',
        state: 'bad',
        message: `${description}: ${number}`,
        advice: 'Pawl needs PostgreSQL 14 or newer.',
      }
  const [rights] = await sql<
    {
      user: string
      database: string
      mayUse: boolean | null
      mayCreate: boolean
      own: boolean
      foreign: string | null
    }[]
  >`
    select current_user as user, current_database() as database,
      (select has_schema_privilege(oid, 'create') from pg_namespace where nspname = ${schema}) as "mayUse",
      has_database_privilege(current_database(), 'create') as "mayCreate",
      to_regnamespace(quote_ident(${ownSchema})) is not null as own,
      (select string_agg(relname, ', ' order by relname) from pg_class c join pg_namespace n on n.oid = relnamespace
        where nspname = ${schema} and relkind in ('r', 'p') and not pg_has_role(relowner, 'usage')) as foreign`
  if (rights === undefined) return
  const { user, database: name, mayUse, mayCreate, own, foreign } = rights
  const missing = [
    ...(own || mayCreate ? [] : [`grant create on database "${name}" to "${user}";`]),
    ...(mayUse === null
      ? mayCreate
        ? []
        : [`create schema "${schema}" authorization "${user}";`]
      : mayUse
        ? []
        : [`grant usage, create on schema "${schema}" to "${user}";`]),
  ]
  yield missing.length === 0
    ? { check: 'rights', state: 'good', message: `${user} may make what Pawl needs` }
    : {
        check: 'rights',
        state: 'bad',
        message: `${user} may not make what Pawl needs`,
        advice: `As an administrator: ${missing.join(' ')}`,
      }
  if (foreign !== null)
    yield {
      check: 'rights',
      state: 'warning',
      message: `tables of schema "${schema}" that ${user} does not own: ${foreign}`,
      advice: 'Their changes cannot be journalled: give them to this user, or name them in immuneTables.',
    }
}

async function* checkStart(config: Config, database: Database): AsyncGenerator<Finding> {
  const { sql, ownSchema } = database
  const { MIGRATIONS } = await import('../database/migrate.ts')
  const newest = MIGRATIONS.at(-1)?.id ?? 0
  const [there] =
    await sql`select to_regclass(format('%I.migration', ${ownSchema}::text)) is not null as there`
  const [row] =
    there?.['there'] === true
      ? await sql<
          { done: number }[]
        >`select coalesce(max(id), 0)::int as done from ${sql(ownSchema)}.migration`
      : []
  const done = row?.done ?? 0
  if (done === 0)
    return void (yield {
      check: 'start',
      state: 'good',
      message: 'first start: would make its tables, and index from the first level',
    })
  if (done > newest)
    return void (yield {
      check: 'start',
      state: 'bad',
      message: 'the database is of a newer Pawl',
      advice: 'Update the package pawl to the version that ran here last.',
    })
  if (done < newest)
    return void (yield {
      check: 'start',
      state: 'good',
      message: `would bring Pawl's own tables up to date (${newest - done} steps), then go on`,
    })
  yield* checkDrift(config, database)
  yield* checkLeftovers(database)
}

async function* checkDrift(config: Config, database: Database): AsyncGenerator<Finding> {
  const [{ LifecycleStore }, { actionOf, findModifications }, { listProcesses }] = await Promise.all([
    import('../root/lifecycle-store.ts'),
    import('../root/modifications.ts'),
    import('../database/list-processes.ts'),
  ])
  const store = new LifecycleStore(database)
  const directory = config.directory ?? process.cwd()
  const found = await findModifications({ store, config, directory, indexes: config.indexes ?? {} })
  for (const modification of found) {
    const action = actionOf(config, modification.reason)
    yield {
      check: 'drift',
      state: action === 'exception' ? 'bad' : 'warning',
      message: `${modification.reason}: ${modification.what.join('; ')}`,
      advice: {
        exception:
          'A start would stop here: `pawl schema approve` takes the database as it is, `pawl schema wipe` indexes again.',
        wipe: 'A start would wipe and index again: the config says so.',
        ignore: 'A start would go on: the config says so.',
      }[action],
    }
  }
  if (found.length === 0) yield { check: 'drift', state: 'good', message: 'what is indexed fits the config' }
  const processes = await listProcesses(database)
  const holder = processes.find(({ state, roles }) => roles.includes('indexer') && state === 'at work')
  const rows = await database.sql<{ name: string; level: number | null }[]>`
    select name, level::float8 from ${database.sql(database.ownSchema)}.index order by name`
  const from = rows.map(({ name, level }) =>
    level === null ? name : `${name} after level ${formatCount(level)}`,
  )
  yield {
    check: 'start',
    state: 'good',
    message:
      holder !== undefined
        ? `${holder.name} works on this schema: another start would stand by`
        : (await store.isReindexed())
          ? `would go on${from.length === 0 ? '' : ` with ${from.join(', ')}`}`
          : 'would run on_reindex and index from the first level',
  }
}

async function* checkLeftovers({ sql, ownSchema }: Database): AsyncGenerator<Finding> {
  const own = sql(ownSchema)
  const [row] = await sql<{ dead: number; orphaned: string | null }[]>`
    select (select count(*)::int from ${own}.firing where state = 'dead') as dead,
      (select string_agg(name, ', ') from ${own}.index where orphaned_from is not null) as orphaned`
  if (row !== undefined && row.dead > 0)
    yield {
      check: 'queue',
      state: 'warning',
      message: `${plural(row.dead, 'durable firing')} failed for the last time`,
      advice: '`pawl hooks queue` shows why; `pawl hooks retry` and `drop` decide about them.',
    }
  if (row !== undefined && row.orphaned !== null)
    yield {
      check: 'rows',
      state: 'warning',
      message: `rows of blocks that left the chain are stored by ${row.orphaned}`,
      advice: '`pawl schema status` says from which level on; `pawl schema wipe` indexes again.',
    }
}

function fault(check: string, error: unknown): Finding {
  const { message, causes, hint } = describeError(error)
  const advice = hint.join(' ')
  const text = [...message, ...(error instanceof PawlError ? [] : causes)].join('\n')
  return { check, state: 'bad', message: text, ...(advice === '' ? {} : { advice }) }
}
