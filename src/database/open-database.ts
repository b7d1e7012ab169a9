import { randomUUID } from 'node:crypto'
import { DatabaseUnavailableError, SessionLostError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { AnswerWatch } from './answer-watch.ts'
import { ArrayTypes } from './array-types.ts'
import { statementError } from './connection-error.ts'
import { checkUrl, describeUrl } from './database-url.ts'
import type { Database, DatabaseSession, Sql, Transaction, TransactionOptions } from './database.ts'
import { sharePostgres } from './embedded/share-postgres.ts'
import type { EmbeddedPostgres } from './embedded/start-postgres.ts'
import { Listener } from './listener.ts'
import type { ConnectOptions, Session } from './session.ts'
import { SessionFactory, type SessionKind } from './session-factory.ts'
import { SessionPool } from './session-pool.ts'
import { singleStatements } from './single-statements.ts'
import { shortenStatement } from '../text/shorten-statement.ts'
import { TableShapes } from './table-shapes.ts'
import { isInTransaction } from './transaction-scope.ts'

export interface OpenOptions {
  /** `postgres://…`; left out: a PostgreSQL of our own in `directory`. */
  readonly url?: string
  readonly directory: string
  readonly schema: string
  readonly logger: Logger
  /** Sessions for transactions of levels, and as many for others. Default: 8. */
  readonly maxConnections?: number
  /** Ends the opening. */
  readonly signal?: AbortSignal
}

/** ms. See `Database.impatientSql`. */
const LOCK_TIMEOUT = 5_000

const TRANSACTIONS = 8

/** Sessions for single statements: so many of ours, and so many long ones of users, can run side by side. */
const SINGLES = 4
const USERS_SINGLES = 8

/** Each once, and no more than so many: texts may hold values. */
const WARNINGS = 100

const OLDEST = 14

/**
 * Opens the database, and starts it where it is ours.
 * @throws DatabaseUnavailableError naming the address, never the password; FolderInUseError
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  options.signal?.throwIfAborted()
  if (options.url !== undefined) checkUrl(options.url)
  const embedded =
    options.url === undefined ? await sharePostgres(options.directory, options.logger) : undefined
  const database = new PostgresDatabase(options, embedded)
  try {
    await database.check(options.signal)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

class PostgresDatabase implements Database {
  readonly description: string
  readonly schema: string
  readonly ownSchema: string
  readonly sessions = `pawl ${randomUUID()}`
  readonly sql: Sql
  readonly userSql: Sql
  readonly impatientSql: Sql
  readonly #url: string
  readonly #options: OpenOptions
  readonly #embedded: EmbeddedPostgres | undefined
  readonly #factory: SessionFactory
  readonly #pool: SessionPool
  readonly #levels: SessionPool
  readonly #pools: readonly SessionPool[]
  readonly #listener: Listener
  readonly #arrayTypes = new ArrayTypes()
  readonly #watch: AnswerWatch
  readonly #shapes = new TableShapes()
  /** Those that were asked for by `openSession`. */
  readonly #sessions = new Set<Session>()
  readonly #warnedOf = new Set<string>()
  #version = 0
  #closing: Promise<void> | undefined

  constructor(options: OpenOptions, embedded: EmbeddedPostgres | undefined) {
    const { schema, logger } = options
    this.#options = options
    this.#embedded = embedded
    this.#url = options.url ?? embedded?.url ?? ''
    this.description = describeUrl(this.#url)
    this.schema = schema
    this.ownSchema = schema === 'public' ? 'pawl' : `pawl_${schema}`
    this.#factory = new SessionFactory({
      url: this.#url,
      description: this.description,
      schema,
      name: this.sessions,
      logger,
      shapes: this.#shapes,
      spare: () => this.#pools.some((pool) => pool.spare()),
    })
    this.#watch = new AnswerWatch(() => this.#factory.connect())
    const { maxConnections = TRANSACTIONS } = options
    const forTransactions = (): Promise<Session> => this.#openSession({ transactions: true })
    this.#pool = new SessionPool(forTransactions, maxConnections)
    this.#levels = new SessionPool(forTransactions, maxConnections)
    this.#listener = new Listener(
      (onnotify) => this.#openSession({ connect: { onnotify } as ConnectOptions }),
      logger,
    )
    const own = new SessionPool(() => this.#openSession(), SINGLES)
    const users = new SessionPool(() => this.#openSession(), USERS_SINGLES)
    const impatient = new SessionPool(
      () => this.#openSession({ settings: { lock_timeout: String(LOCK_TIMEOUT) } }),
      USERS_SINGLES,
    )
    this.#pools = [this.#pool, this.#levels, own, users, impatient]
    const begin = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => this.transaction(({ sql }) => work(sql))
    const beginImpatient = <T>(work: (sql: Sql) => Promise<T>): Promise<T> =>
      this.transaction(
        async ({ sql }) => {
          await sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT)}, true)`
          return work(sql)
        },
        { atOnce: true },
      )
    this.sql = this.#single(() => own, begin)
    // Called in the work of a transaction, which may have the lock that it would wait for.
    this.userSql = this.#single(
      () => (isInTransaction() ? impatient : users),
      (work) => (isInTransaction() ? beginImpatient : begin)(work),
    )
    this.impatientSql = this.#single(() => impatient, beginImpatient)
  }

  get version(): number {
    return this.#version
  }

  connectionUrl(): string {
    return this.#url
  }

  /** Connects, and looks at the server. */
  async check(signal: AbortSignal | undefined): Promise<void> {
    this.#version = await this.#pool.use(async (session) => {
      const [row] = await session.run(`select current_setting('server_version_num')::int as version`)
      await this.#arrayTypes.learn(session)
      return Number(row?.['version'])
    }, signal)
    const major = Math.floor(this.#version / 10_000)
    if (major >= OLDEST) return
    throw new DatabaseUnavailableError(
      `${this.description} is PostgreSQL ${major}; Pawl needs ${OLDEST} or newer`,
      {
        hint: 'Set "database" to a newer server; or leave it out, and Pawl starts one of its own.',
      },
    )
  }

  learnTypes(): Promise<void> {
    this.#shapes.forget()
    return this.#pool.use((session) => this.#arrayTypes.learn(session))
  }

  async transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const { signal, isLevel = false } = options
    const pool = isLevel ? this.#levels : this.#pool
    const atOnce = options.atOnce === true || isInTransaction()
    let started = false
    const attempt = (): Promise<T> =>
      pool.use(
        (session) => {
          this.#arrayTypes.teach(session.raw)
          return session.transaction((transaction) => {
            started = true
            return work(transaction)
          }, options)
        },
        signal,
        { atOnce },
      )
    try {
      return await attempt()
    } catch (error) {
      // An idle session had died unseen: nothing was begun on it, so that another one may do it.
      if (started || signal?.aborted === true || !(error instanceof SessionLostError)) throw error
      return attempt()
    }
  }

  async openSession(): Promise<DatabaseSession> {
    const session = await this.#openSession()
    this.#arrayTypes.teach(session.raw)
    this.#sessions.add(session)
    session.ended.catch(() => this.#sessions.delete(session))
    if (this.#closing !== undefined) session.end(closed())
    return session
  }

  listen(channel: string, onNotify: (payload: string) => void, onListen?: () => void) {
    return this.#listener.listen(channel, onNotify, onListen)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#watch.close()
    for (const pool of this.#pools) pool.close()
    this.#listener.close()
    for (const session of this.#sessions) session.end(closed())
    await this.#embedded?.stop()
  }

  async #openSession(kind: SessionKind = {}): Promise<Session> {
    const session = await this.#factory.open(kind)
    this.#watch.add(session)
    return session
  }

  #single(pool: () => SessionPool, begin: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>): Sql {
    const closing = (): Error | undefined => (this.#closing === undefined ? undefined : closed())
    return singleStatements({
      connect: this.#factory.connectOptions(),
      pool,
      arrayTypes: this.#arrayTypes,
      refusal: closing,
      errorOf: (error) => closing() ?? statementError(error),
      onTrace: (text) => this.#warnOf(text),
      begin,
    })
  }

  #warnOf(text: string): void {
    const statement = shortenStatement(text)
    if (this.#warnedOf.size >= WARNINGS || this.#warnedOf.has(statement)) return
    this.#warnedOf.add(statement)
    this.#options.logger.warn(
      `"${statement}" has no effect on the statements after it: outside of a transaction each has a connection of its own. ` +
        'Put it and what needs it into sql.begin(…)',
    )
  }
}

function closed(): DatabaseUnavailableError {
  return new DatabaseUnavailableError('the database was closed')
}
