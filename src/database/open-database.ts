import postgres from 'postgres'
import { DatabaseUnavailableError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Database, Sql, Transaction, TransactionOptions } from './database.ts'
import { startPostgres } from './embedded/start-postgres.ts'
import { guardSql } from './guard-sql.ts'
import { Session, type ConnectOptions } from './session.ts'
import { SessionPool } from './session-pool.ts'

export interface OpenOptions {
  /** `postgres://…`; left out: a PostgreSQL of our own in `directory`. */
  readonly url?: string
  readonly directory: string
  readonly schema: string
  readonly logger: Logger
  /** Sessions for transactions. Default: 8. */
  readonly maxConnections?: number
}

/** Single statements are not watched: one that is lost with its connection rejects by itself. */
const FREE = { refusal: () => undefined, started: () => {}, settled: () => {} }

type RawSql = postgres.Sql<{ bigint: bigint }>

/** ms. See `Database.impatientSql`. */
const LOCK_TIMEOUT = 5_000

const OLDEST = 140_000

/** Seconds. A server that does not answer by then is down for whoever waits at a terminal. */
const CONNECT_TIMEOUT = 5

/**
 * Opens the database, and starts it where it is ours.
 * @throws DatabaseUnavailableError naming the address, never the password; FolderInUseError
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { schema } = options
  const embedded =
    options.url === undefined ? await startPostgres({ directory: options.directory }) : undefined
  const url = options.url ?? embedded?.url ?? ''
  const description = describeUrl(url)
  const pool = new SessionPool(
    () => openSession(url, connectOptions(options, {}), description),
    options.maxConnections ?? 8,
  )
  const transaction = <T>(
    work: (transaction: Transaction) => Promise<T>,
    { signal }: TransactionOptions = {},
  ) => pool.use((session) => session.transaction(work), signal)

  try {
    const version = await pool.use((session) =>
      session.transaction(async ({ sql }) => {
        const [row] = await sql<{ version: number }[]>`
          select current_setting('server_version_num')::int as version`
        return row?.version ?? 0
      }),
    )
    if (version < OLDEST) {
      throw new DatabaseUnavailableError(
        `${description} is PostgreSQL ${Math.floor(version / 10_000)}; Pawl needs 14 or newer`,
      )
    }
    const single = connect(url, options, {})
    const impatient = connect(url, options, { lock_timeout: LOCK_TIMEOUT })
    return new PostgresDatabase({
      description,
      version,
      schema,
      pool,
      singles: [single, impatient],
      sql: guardSql(single, FREE, (work) => transaction(({ sql }) => work(sql))),
      impatientSql: guardSql(impatient, FREE, (work) =>
        transaction(async ({ sql }) => {
          await sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT)}, true)`
          return work(sql)
        }),
      ),
      transaction,
      embedded,
    })
  } catch (error) {
    pool.close()
    await embedded?.stop()
    throw error
  }
}

interface Parts {
  readonly description: string
  readonly version: number
  readonly schema: string
  readonly sql: Sql
  readonly impatientSql: Sql
  /** For single statements; the first one listens, too. */
  readonly singles: readonly [RawSql, RawSql]
  readonly pool: SessionPool
  readonly transaction: Database['transaction']
  readonly embedded: { stop(): Promise<void> } | undefined
}

class PostgresDatabase implements Database {
  readonly description: string
  readonly version: number
  readonly schema: string
  readonly ownSchema: string
  readonly sql: Sql
  readonly impatientSql: Sql
  readonly transaction: Database['transaction']
  readonly #parts: Parts
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.description = parts.description
    this.version = parts.version
    this.schema = parts.schema
    this.ownSchema = parts.schema === 'public' ? 'pawl' : `pawl_${parts.schema}`
    this.sql = parts.sql
    this.impatientSql = parts.impatientSql
    this.transaction = parts.transaction
  }

  async listen(channel: string, onNotify: (payload: string) => void, onListen?: () => void) {
    const { unlisten } = await this.#parts.singles[0].listen(channel, onNotify, onListen)
    return { unlisten }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#parts.pool.close()
    await Promise.all(this.#parts.singles.map((single) => single.end({ timeout: 0 })))
    await this.#parts.embedded?.stop()
  }
}

async function openSession(url: string, connect: ConnectOptions, description: string): Promise<Session> {
  const session = new Session(url, connect)
  try {
    return await session.open()
  } catch (cause) {
    session.end()
    throw new DatabaseUnavailableError(`cannot connect to ${description}: ${reasonOf(cause)}`, {
      cause,
      hint: hintFor(cause),
    })
  }
}

/** postgres.js's own pool. It reconnects, so it is for single statements alone. */
function connect(url: string, options: OpenOptions, settings: Readonly<Record<string, unknown>>): RawSql {
  return postgres(url, {
    ...connectOptions(options, settings),
    max: 4,
  } as ConnectOptions) as unknown as RawSql
}

function connectOptions(
  { schema, logger }: OpenOptions,
  settings: Readonly<Record<string, unknown>>,
): ConnectOptions {
  return {
    connect_timeout: CONNECT_TIMEOUT,
    types: { bigint: postgres.BigInt },
    connection: {
      application_name: 'pawl',
      search_path: schema === 'public' ? 'public' : `"${schema.replaceAll('"', '""')}", public`,
      ...settings,
    },
    onnotice: ({ message }) => logger.debug(`PostgreSQL: ${message ?? ''}`),
  } as ConnectOptions
}

/** The address without user's secrets. */
export function describeUrl(url: string): string {
  try {
    const { protocol, hostname, port, pathname } = new URL(url)
    return `${protocol}//${hostname}${port === '' ? '' : `:${port}`}${pathname}`
  } catch {
    return 'the configured database'
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no host of that name was found'
    case 'CONNECT_TIMEOUT':
      return `no answer within ${CONNECT_TIMEOUT} s`
    default:
      return error.message === '' ? code : error.message
  }
}

function hintFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === '28P01' || code === '28000') return 'Check the user and the password in the URL.'
  if (code === '3D000') return 'Create the database first: createdb <name>.'
  return 'Check that the server runs and that the address is right; or leave "database" out, and Pawl starts one of its own.'
}
