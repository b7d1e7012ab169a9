import type { Database, DatabaseSession } from './database.ts'

/** The channel that a release is told on. */
export const RELEASED = 'pawl_lease'

export interface HeartbeatOptions {
  readonly database: Database
  readonly name: string
  readonly holder: string
  readonly fence: bigint
  /** ms */
  readonly duration: number
  /** `performance.now()` of the last time that the lease was surely ours. */
  readonly since: number
  readonly onLost: () => void
}

/** ms. Who stands by takes a holder for gone that has had no session for a while. */
const COME_BACK = 100

/** Keeps a lease: on a session of its own, so that no long statement of a user holds it up, and by the machine's real clock. */
export class LeaseHeartbeat {
  readonly #options: HeartbeatOptions
  readonly #timer: NodeJS.Timeout
  #deadline: NodeJS.Timeout
  #soon: NodeJS.Timeout | undefined
  #session: DatabaseSession | undefined
  #beating = false
  #ended = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    // Three chances in its time.
    this.#timer = setInterval(() => void this.#beat(), options.duration / 3)
    this.#timer.unref()
    void this.#beat()
    this.#deadline = this.#deadlineFrom(options.since)
  }

  /** Gives the lease back. Idempotent. */
  async release(): Promise<void> {
    if (this.#ended) return
    this.#end()
    const { database, name, holder, fence } = this.#options
    const own = database.sql(database.ownSchema)
    try {
      await database.sql`
        with released as (
          delete from ${own}.lease where name = ${name} and holder = ${holder}
            and (select number from ${own}.fence where name = ${name}) = ${fence} returning name)
        select pg_notify(${RELEASED}, name) from released`
    } catch {
      // It runs out by itself.
    }
  }

  async #beat(): Promise<void> {
    if (this.#beating) {
      // The last one has had its third: the network may be cut, which a connection notices after minutes.
      this.#session?.end()
      return
    }
    this.#beating = true
    const { database, name, holder, fence, duration } = this.#options
    const own = database.sql(database.ownSchema)
    const started = performance.now()
    try {
      const session = (this.#session ??= this.#watched(await database.openSession()))
      if (this.#ended) return session.end()
      const kept = await session.sql`
        update ${own}.lease set expires_at = clock_timestamp() + ${duration} * interval '1 ms', session = ${nameBackend(session)}
        where name = ${name} and holder = ${holder}
          and (select number from ${own}.fence where name = ${name}) = ${fence}`
      if (kept.count === 0) return this.#lose()
      clearTimeout(this.#deadline)
      if (!this.#ended) this.#deadline = this.#deadlineFrom(started)
    } catch {
      // Again, on another session; the deadline decides.
      this.#session?.end()
      this.#session = undefined
      this.#beatSoon()
    } finally {
      this.#beating = false
    }
  }

  /** Its loss is noticed at once, and not at the next beat. */
  #watched(session: DatabaseSession): DatabaseSession {
    session.ended.catch(() => {
      if (this.#session === session) this.#session = undefined
      this.#beatSoon()
    })
    return session
  }

  #beatSoon(): void {
    if (this.#ended) return
    clearTimeout(this.#soon)
    this.#soon = setTimeout(() => {
      if (!this.#beating && this.#session === undefined) void this.#beat()
    }, COME_BACK).unref()
  }

  /** By then the lease is anybody's, whether the database answers or not. */
  #deadlineFrom(since: number): NodeJS.Timeout {
    const left = since + this.#options.duration - performance.now()
    return setTimeout(() => this.#expire(), Math.max(0, left)).unref()
  }

  /**
   * Often nobody else took it: this process stood still (suspended, starved), or the database was slow. The row still names us
   * then, and what we write is fenced. So it asks once more, and gives the answer as much time again.
   */
  #expire(): void {
    if (this.#ended) return
    this.#deadline = setTimeout(() => this.#lose(), this.#options.duration).unref()
    void this.#beat()
  }

  #lose(): void {
    if (this.#ended) return
    this.#end()
    this.#options.onLost()
  }

  #end(): void {
    this.#ended = true
    clearInterval(this.#timer)
    clearTimeout(this.#deadline)
    clearTimeout(this.#soon)
    this.#session?.end()
  }
}

function nameBackend({ identity }: DatabaseSession): string | null {
  return identity === undefined ? null : `${identity.pid} ${identity.started}`
}
