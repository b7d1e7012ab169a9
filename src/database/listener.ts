import { DatabaseUnavailableError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { quoteName } from './journal-ddl.ts'
import type { Session } from './session.ts'

interface Subscription {
  readonly channel: string
  readonly onNotify: (payload: string) => void
  readonly onListen: (() => void) | undefined
}

/** ms between tries to come back; doubled up to the longest. */
const SHORTEST_WAIT = 50
const LONGEST_WAIT = 2_000

/** One session that listens, and comes back for as long as somebody wants to hear. postgres.js's own gives up at the first failure. */
export class Listener {
  readonly #open: (onNotify: (channel: string, payload: string) => void) => Promise<Session>
  readonly #logger: Logger
  readonly #subscriptions = new Set<Subscription>()
  #session: Promise<Session> | undefined
  #wait: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    open: (onNotify: (channel: string, payload: string) => void) => Promise<Session>,
    logger: Logger,
  ) {
    this.#open = open
    this.#logger = logger
  }

  /** See `Database.listen`. */
  async listen(channel: string, onNotify: (payload: string) => void, onListen?: () => void) {
    if (this.#closed) throw new DatabaseUnavailableError('the database was closed')
    const session = await this.#connected()
    await session.run(`listen ${quoteName(channel)}`)
    const subscription = { channel, onNotify, onListen }
    this.#subscriptions.add(subscription)
    // Lost between the answer and here: nobody was there whom the reconnection would have been for.
    if (session.lost !== undefined) this.#comeBack(SHORTEST_WAIT)
    onListen?.()
    return { unlisten: () => this.#unlisten(subscription) }
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#wait)
    this.#subscriptions.clear()
    this.#drop()
  }

  async #unlisten(subscription: Subscription): Promise<void> {
    if (!this.#subscriptions.delete(subscription)) return
    if (this.#subscriptions.size === 0) return this.#drop()
    if ([...this.#subscriptions].some(({ channel }) => channel === subscription.channel)) return
    // Lost: then it hears nothing any more, and comes back without this channel.
    await this.#session
      ?.then((session) => session.run(`unlisten ${quoteName(subscription.channel)}`))
      .catch(() => {})
  }

  #drop(): void {
    this.#session?.then((session) => session.end()).catch(() => {})
    this.#session = undefined
  }

  #connected(): Promise<Session> {
    this.#session ??= this.#connect()
    return this.#session
  }

  #connect(): Promise<Session> {
    const connecting = this.#open((channel, payload) => this.#tell(channel, payload)).then(
      async (session) => {
        const channels = new Set([...this.#subscriptions].map(({ channel }) => channel))
        for (const channel of channels) await session.run(`listen ${quoteName(channel)}`)
        return session
      },
    )
    const gone = (): void => {
      if (this.#session !== connecting) return
      this.#session = undefined
      this.#comeBack(SHORTEST_WAIT)
    }
    connecting.then((session) => session.ended.catch(gone), gone)
    return connecting
  }

  #comeBack(wait: number): void {
    clearTimeout(this.#wait)
    if (this.#closed || this.#subscriptions.size === 0) return
    this.#wait = setTimeout(() => void this.#tryAgain(wait), wait)
    this.#wait.unref()
  }

  async #tryAgain(wait: number): Promise<void> {
    const waiting = [...this.#subscriptions]
    try {
      await this.#connected()
    } catch (error) {
      this.#logger.debug('cannot listen to the database yet', { error })
      return this.#comeBack(Math.min(wait * 2, LONGEST_WAIT))
    }
    for (const { onListen } of waiting) this.#guarded(() => onListen?.())
  }

  #tell(channel: string, payload: string): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.channel === channel) this.#guarded(() => subscription.onNotify(payload))
    }
  }

  /** What is thrown here would end in postgres.js's reader of the socket. */
  #guarded(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#logger.error('a listener of the database threw', { error })
    }
  }
}
