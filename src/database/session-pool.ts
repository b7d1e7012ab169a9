import { DatabaseUnavailableError, SessionLostError } from '../errors.ts'
import type { Session } from './session.ts'

interface Waiting {
  readonly give: (session: Session) => void
  readonly refuse: (error: unknown) => void
}

/** A bounded set of sessions, lent to one caller at a time, in the order they asked. Lost ones are replaced. */
export class SessionPool {
  readonly #open: () => Promise<Session>
  readonly #size: number
  readonly #all = new Set<Session>()
  readonly #idle: Session[] = []
  readonly #waiting: Waiting[] = []
  /** Sessions that are there or being opened. */
  #count = 0
  #closed = false

  constructor(open: () => Promise<Session>, size: number) {
    this.#open = open
    this.#size = size
  }

  /**
   * Lends a session to `work`. Aborting `signal` cuts the session off, so that the server rolls back.
   */
  async use<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const session = await this.#take()
    const abort = (): void =>
      session.end(new SessionLostError('the work was stopped', { cause: signal?.reason }))
    signal?.addEventListener('abort', abort)
    try {
      signal?.throwIfAborted()
      return await work(session)
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#giveBack(session)
    }
  }

  /** Cuts every session off, also those that are lent. Idempotent. */
  close(): void {
    this.#closed = true
    const error = new DatabaseUnavailableError('the database was closed')
    for (const { refuse } of this.#waiting.splice(0)) refuse(error)
    for (const session of this.#all) session.end(new SessionLostError('the database was closed'))
    this.#all.clear()
  }

  async #take(): Promise<Session> {
    if (this.#closed) throw new DatabaseUnavailableError('the database was closed')
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (session.lost === undefined) return session
      this.#forget(session)
    }
    if (this.#count < this.#size) return this.#openOne()
    return new Promise((give, refuse) => void this.#waiting.push({ give, refuse }))
  }

  async #openOne(): Promise<Session> {
    this.#count += 1
    try {
      const session = await this.#open()
      if (this.#closed) session.end()
      else this.#all.add(session)
      return session
    } catch (error) {
      this.#count -= 1
      throw error
    }
  }

  #giveBack(session: Session): void {
    if (session.lost !== undefined) {
      this.#forget(session)
      const next = this.#waiting.shift()
      if (next !== undefined) this.#openOne().then(next.give, next.refuse)
      return
    }
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(session)
    else next.give(session)
  }

  #forget(session: Session): void {
    if (this.#all.delete(session)) this.#count -= 1
  }
}
