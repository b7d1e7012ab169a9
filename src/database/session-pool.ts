import { DatabaseUnavailableError, SessionLostError } from '../errors.ts'
import type { StopSignal } from '../light-signal.ts'
import { isFull } from './connection-error.ts'
import type { Session } from './session.ts'

interface Waiting {
  readonly give: (session: Session) => void
  readonly refuse: (error: unknown) => void
}

/**
 * ms. A statement takes 1 and a new session 5 to 25, on both sides: who finds all sessions lent is most often served sooner by
 * one that comes back.
 */
const PATIENCE = 10

/** ms until one more is tried again, where the server had no connection for it. */
const PAUSE = 250

/**
 * ms without a session for anybody, after which one more is opened than there should be: whoever has one may be waiting for somebody
 * who waits for one, as does a hook that reads a cursor and sends a statement for each row.
 */
const STANDSTILL = 5_000

/** A bounded set of sessions, lent to one caller at a time, in the order they asked. Lost ones are replaced. */
export class SessionPool {
  readonly #open: () => Promise<Session>
  readonly #size: number
  readonly #all = new Set<Session>()
  readonly #idle: Session[] = []
  #waiting: Waiting[] = []
  #opening = 0
  #patience: NodeJS.Timeout | undefined
  #standstill: NodeJS.Timeout | undefined
  /** The server had no connection for one more: those that are there come back. */
  #isFull = false
  #closed = false

  /** @param open connects; what it throws is for who waits */
  constructor(open: () => Promise<Session>, size: number) {
    this.#open = open
    this.#size = size
  }

  /**
   * Lends a session to `work`. Aborting `signal` ends the wait for one; what `work` does with it is up to it.
   * @param atOnce where none is idle one more is opened: those that are lent may all wait for `work`, and none would ever come back
   */
  async use<T>(
    work: (session: Session) => Promise<T>,
    signal?: StopSignal,
    { atOnce = false }: { readonly atOnce?: boolean } = {},
  ): Promise<T> {
    signal?.throwIfAborted()
    const session =
      this.#takeIdle() ??
      (atOnce && this.#idle.length === 0 ? await this.#openExtra() : await this.#take(signal))
    try {
      return await work(session)
    } finally {
      this.#giveBack(session)
    }
  }

  /** Ends an idle session, for whom the server has no other connection. @returns false: none is idle */
  spare(): boolean {
    const session = this.#idle.pop()
    if (session === undefined) return false
    this.#all.delete(session)
    session.dismiss()
    return true
  }

  /** Cuts every session off, also those that are lent. Idempotent. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#patience)
    clearTimeout(this.#standstill)
    for (const { refuse } of this.#waiting.splice(0)) refuse(closed())
    for (const session of this.#all) session.end(new SessionLostError('the database was closed'))
  }

  /** Undefined: others wait for one, or none is there. */
  #takeIdle(): Session | undefined {
    if (this.#closed || this.#waiting.length > 0) return undefined
    for (;;) {
      const session = this.#idle.pop()
      if (session?.lost === undefined) return session
      this.#all.delete(session)
    }
  }

  #take(signal: StopSignal | undefined): Promise<Session> {
    if (this.#closed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      const settled = (): void => signal?.removeEventListener('abort', abort)
      const waiting: Waiting = {
        give: (session) => {
          settled()
          resolve(session)
        },
        refuse: (error) => {
          settled()
          reject(error)
        },
      }
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        waiting.refuse(signal?.reason)
      }
      signal?.addEventListener('abort', abort)
      this.#waiting.push(waiting)
      this.#serve()
    })
  }

  /** Gives what is idle to who waits. The first session is opened at once, more where nothing came back for a while. */
  #serve(): void {
    for (const session of this.#idle) if (session.lost !== undefined) this.#all.delete(session)
    const healthy = this.#idle.splice(0).filter(({ lost }) => lost === undefined)
    const moves = healthy.length > 0 || this.#waiting.length === 0
    while (healthy.length > 0 && this.#waiting.length > 0) {
      const session = healthy.pop()
      if (session !== undefined) this.#waiting.shift()?.give(session)
    }
    this.#idle.push(...healthy)
    if (moves) {
      clearTimeout(this.#standstill)
      this.#standstill = undefined
    }
    if (this.#waiting.length > 0) {
      this.#standstill ??= setTimeout(() => void this.#openAtStandstill(), STANDSTILL)
    }
    if (!this.#lacks()) {
      clearTimeout(this.#patience)
      this.#patience = undefined
    } else if (this.#all.size + this.#opening === 0) {
      void this.#openOne()
    } else if (this.#all.size > 0) {
      this.#patience ??= setTimeout(() => this.#openMore(), this.#isFull ? PAUSE : PATIENCE)
    }
  }

  #openMore(): void {
    this.#patience = undefined
    while (this.#lacks()) void this.#openOne()
  }

  #lacks(): boolean {
    return this.#opening < this.#waiting.length && this.#all.size + this.#opening < this.#size
  }

  /** As many again as there should be, at most. Where it fails, those that wait have lost nothing. */
  async #openAtStandstill(): Promise<void> {
    this.#standstill = undefined
    if (this.#all.size < 2 * this.#size) {
      try {
        this.#idle.push(await this.#openExtra())
      } catch (error) {
        // Else all would wait for one that waits for another.
        if (isFull(error)) this.#waiting.shift()?.refuse(error)
      }
    }
    if (!this.#closed) this.#serve()
  }

  async #openExtra(): Promise<Session> {
    if (this.#closed) throw closed()
    const session = await this.#open()
    this.#all.add(session)
    if (this.#closed) session.end(closed())
    return session
  }

  #giveBack(session: Session): void {
    // Replaced, and not reset: what there is to reset depends on the server's version, and costs a round trip.
    if (session.hasTraces) session.dismiss()
    if (this.#all.size > this.#size && this.#waiting.length === 0) {
      this.#all.delete(session)
      session.dismiss()
      return
    }
    this.#idle.push(session)
    this.#serve()
  }

  async #openOne(): Promise<void> {
    this.#opening += 1
    const hopeful = new Set(this.#waiting)
    try {
      const session = await this.#open()
      this.#all.add(session)
      this.#idle.push(session)
      this.#isFull = false
      if (this.#closed) session.end(closed())
    } catch (error) {
      this.#isFull = isFull(error)
      if (this.#isFull && this.#all.size > 0) return
      // With other sessions at work, those are waited for. With none, nobody would ever come; whoever asked after this try
      // began gets another one.
      const refused = this.#waiting.filter((waiting) => hopeful.has(waiting))
      if (this.#all.size > 0) refused.length = Math.min(refused.length, 1)
      this.#waiting = this.#waiting.filter((waiting) => !refused.includes(waiting))
      for (const { refuse } of refused) refuse(error)
    } finally {
      this.#opening -= 1
      this.#serve()
    }
  }
}

function closed(): DatabaseUnavailableError {
  return new DatabaseUnavailableError('the database was closed')
}
