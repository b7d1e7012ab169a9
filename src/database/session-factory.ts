import postgres from 'postgres'
import type { Logger } from '../logger.ts'
import { isFull } from './connection-error.ts'
import { checkPooler, refusesSettings } from './check-pooler.ts'
import { quoteName } from './journal-ddl.ts'
import { Session, type ConnectOptions } from './session.ts'
import type { TableShapes } from './table-shapes.ts'

type Settings = Readonly<Record<string, string>>

export interface SessionFactoryOptions {
  readonly url: string
  /** The address, without the password. */
  readonly description: string
  readonly schema: string
  /** The name of the sessions, as PostgreSQL lists them. */
  readonly name: string
  readonly logger: Logger
  readonly shapes: TableShapes
  /** Gives up an idle session, where the server has no connection left. false: none is idle. */
  readonly spare: () => boolean
}

/** What sets a session apart from the others of its database. */
export interface SessionKind {
  readonly connect?: ConnectOptions
  readonly settings?: Settings
  readonly transactions?: boolean
}

/** ms. A server that does not answer by then is down for whoever waits at a terminal. */
const CONNECT_TIMEOUT = 5_000

/** ms until a connection that was given up is free, and how often that is waited for: in all half a second. */
const SPARED = 25
const SPARED_TRIES = 20

/** Makes the sessions of one database. */
export class SessionFactory {
  readonly #options: SessionFactoryOptions
  /** Behind a connection pooler, settings are made by statements. */
  #isPooled = false

  constructor(options: SessionFactoryOptions) {
    this.#options = options
  }

  /** Where the server has no connection left, an idle session of another pool is of more use to who asks now. @throws DatabaseUnavailableError */
  async open(kind: SessionKind = {}): Promise<Session> {
    try {
      return await this.connect(kind)
    } catch (error) {
      if (!isFull(error) || !this.#options.spare()) throw error
      return this.#openInstead(kind)
    }
  }

  /** As `open`, and gives up no other. */
  async connect(kind: SessionKind = {}): Promise<Session> {
    const session = await this.#direct(kind)
    if (session !== undefined) return session
    const { description } = this.#options
    await checkPooler(() => this.#session({}, { connection: {} } as ConnectOptions).open(), description)
    this.#isPooled = true
    return this.#session(kind).open()
  }

  /** undefined: a pooler answers, which has refused the settings of the session, or ignores them. */
  async #direct(kind: SessionKind): Promise<Session | undefined> {
    try {
      const session = await this.#session(kind).open()
      if (this.#isPooled || session.identity !== undefined) return session
      session.dismiss()
    } catch (error) {
      if (this.#isPooled || !refusesSettings(error)) throw error
    }
    return undefined
  }

  #session(
    { connect = {}, settings = {}, transactions = false }: SessionKind,
    without?: ConnectOptions,
  ): Session {
    const { url, description, shapes } = this.#options
    const all = { ...this.#settings, ...settings }
    return new Session({
      transactions,
      url,
      description,
      connect: { ...this.connectOptions(this.#isPooled ? {} : all), ...connect, ...without },
      shapes,
      timeout: CONNECT_TIMEOUT,
      settings: this.#isPooled ? all : {},
    })
  }

  get #settings(): Settings {
    const { schema } = this.#options
    return { search_path: schema === 'public' ? 'public' : `${quoteName(schema)}, public` }
  }

  /** @param settings of its sessions */
  connectOptions(settings: Settings = {}): ConnectOptions {
    const { name, logger } = this.#options
    return {
      connect_timeout: CONNECT_TIMEOUT / 1_000,
      // s. postgres.js's own is a minute.
      keep_alive: 10,
      types: { bigint: postgres.BigInt },
      // See ArrayTypes.
      fetch_types: false,
      connection: {
        application_name: name,
        ...settings,
      },
      onnotice: ({ message }) => logger.debug(`PostgreSQL: ${message ?? ''}`),
    } as ConnectOptions
  }

  async #openInstead(kind: SessionKind): Promise<Session> {
    for (let tries = 1; ; tries += 1) {
      // The server takes a moment to end the other, and does not tell when it has.
      await new Promise((resolve) => setTimeout(resolve, SPARED))
      try {
        return await this.connect(kind)
      } catch (error) {
        if (!isFull(error) || tries === SPARED_TRIES) throw error
      }
    }
  }
}
