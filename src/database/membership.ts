import { randomUUID } from 'node:crypto'
import type { Database, DatabaseSession } from './database.ts'
import { isGone, thisHolder, type LeaseHolder } from './lease-holder.ts'

/**
 * ms, by the database's clock. A process that was not heard of for so long is given up, and what it had goes on elsewhere. Long
 * enough for a garbage collection, short enough that it is noticed within seconds.
 */
const DURATION = 6_000
/** ms from hearing that a process came or went to looking at them. */
const HEARING = 50

/** What others may know of a process. */
export interface Profile {
  readonly version: string
  readonly roles: readonly string[]
  /** That it follows. */
  readonly indexes: readonly string[]
}

export interface Beat {
  /** It was given up meanwhile: others may have taken what it had. */
  readonly revived: boolean
  /** Of the others that live: another text where one came or went, or began to drain. */
  readonly others: string
  /** The database's clock less this machine's, in ms, and how far that may be wrong. */
  readonly skew: number
  readonly skewError: number
}

/** Counts as part of a process: while one is there, so is the process. */
export interface Party {
  /** After each heartbeat, and when another process came or went: time to look for what was left behind. */
  readonly beat: (beat: Beat) => void
}

interface BeatRow {
  readonly revived: boolean
  readonly others: string | null
  readonly now: number
}

const NOBODY: Profile = { version: '', roles: [], indexes: [] }

/**
 * This process among those on the database: a row, kept by a heartbeat on a session of its own and by the machine's clock. It is
 * there from the first party that enters to the last that leaves.
 */
export class Membership {
  readonly id = randomUUID()
  readonly holder: LeaseHolder = thisHolder()
  readonly #database: Database
  readonly #profile: Profile
  readonly #parties = new Set<Party>()
  readonly #listeners = new Set<(beat: Beat) => void>()
  #entering: Promise<void> | undefined
  #last: Beat | undefined
  #timer: NodeJS.Timeout | undefined
  #session: DatabaseSession | undefined
  #listening: { unlisten(): Promise<void> } | undefined
  #heard: NodeJS.Timeout | undefined
  #beating: Promise<void> | undefined
  #draining = false
  /** Whose durable firings it runs. */
  #hooks: readonly string[] = []
  /** `performance.now()` of the beat that is under way, or was last. */
  #began = 0

  constructor(database: Database, profile = NOBODY) {
    this.#database = database
    this.#profile = profile
  }

  /** The channel on which it is told that a process came or went, or what it has became free. */
  get channel(): string {
    return `${this.#database.ownSchema} processes`
  }

  /** What the last heartbeat found. */
  get last(): Beat | undefined {
    return this.#last
  }

  /** Other processes live on this database, as far as was heard. */
  get hasOthers(): boolean {
    return this.#last !== undefined && this.#last.others !== ''
  }

  /**
   * From here on this process counts as living. Idempotent.
   * @throws what the database does: then it does not count
   */
  async enter(party: Party): Promise<void> {
    this.#parties.add(party)
    this.#entering ??= this.#enter()
    try {
      await this.#entering
    } catch (error) {
      this.#parties.delete(party)
      this.#entering = undefined
      throw error
    }
  }

  /** The last to leave takes the process off. Idempotent. */
  async leave(party: Party): Promise<void> {
    if (!this.#parties.delete(party) || this.#parties.size > 0) return
    await this.#entering?.catch(() => {})
    this.#entering = undefined
    clearInterval(this.#timer)
    clearTimeout(this.#heard)
    // One that is under way would put its row there again.
    await this.#beating
    this.#session?.end()
    this.#session = undefined
    await this.#listening?.unlisten().catch(() => {})
    const { sql, ownSchema } = this.#database
    await sql`
      with gone as (delete from ${sql(ownSchema)}.process where id = ${this.id} returning id)
      select pg_notify(${this.channel}, id::text) from gone`
  }

  /** Hears each heartbeat, without counting as a party. */
  listen(listener: (beat: Beat) => void): void {
    this.#listeners.add(listener)
  }

  /** From here on it counts as one that runs the durable firings of these hooks. @throws what the database does */
  async offer(hooks: readonly string[]): Promise<void> {
    this.#hooks = hooks
    await this.#keep(this.#database)
    await this.tell()
  }

  /** Tells the others that it takes nothing more. */
  async drain(): Promise<void> {
    if (this.#draining || this.#entering === undefined) return
    this.#draining = true
    const { sql, ownSchema } = this.#database
    await sql`
      with drained as (update ${sql(ownSchema)}.process set draining = true where id = ${this.id} returning id)
      select pg_notify(${this.channel}, id::text) from drained`
  }

  /** Tells the others that something of this process became free. */
  async tell(): Promise<void> {
    await this.#database.sql`select pg_notify(${this.channel}, ${this.id})`
  }

  async #enter(): Promise<void> {
    await this.#keep(this.#database)
    await this.#giveUp()
    this.#listening = await this.#database.listen(
      this.channel,
      (id) => void (id === this.id || this.#hear()),
      () => this.#hear(),
    )
    this.#timer = setInterval(() => this.#beat(), DURATION / 3)
    this.#timer.unref()
    await this.tell()
  }

  /** Of many that come or go at once it is heard once. */
  #hear(): void {
    this.#heard ??= setTimeout(() => {
      this.#heard = undefined
      this.#beat()
    }, HEARING)
    this.#heard.unref()
  }

  #beat(): void {
    if (this.#beating !== undefined) {
      // The last one has had its third: the network may be cut, which a connection notices after minutes.
      if (performance.now() - this.#began > DURATION / 4) this.#session?.end()
      return
    }
    this.#began = performance.now()
    this.#beating = this.#keepAndTell().finally(() => (this.#beating = undefined))
  }

  async #keepAndTell(): Promise<void> {
    try {
      this.#session ??= await this.#database.openSession()
      if (this.#parties.size === 0) return
      const beat = await this.#keep(this.#session)
      await this.#giveUp()
      for (const listener of this.#listeners) listener(beat)
      for (const party of this.#parties) party.beat(beat)
    } catch {
      // Again at the next beat, on another session; without a database nobody can take over either.
      this.#session?.end()
      this.#session = undefined
    }
  }

  async #keep({ sql }: Pick<DatabaseSession, 'sql'>): Promise<Beat> {
    const { name, pid, machine } = this.holder
    const { version, roles, indexes } = this.#profile
    const table = sql`${sql(this.#database.ownSchema)}.process`
    const asked = Date.now()
    const [row] = await sql<BeatRow[]>`
      with kept as (
        insert into ${table} as process (id, name, pid, machine, sessions, version, roles, hooks, indexes, draining, expires_at)
        values (${this.id}, ${name}, ${pid}, ${machine ?? null}, ${this.#database.sessions}, ${version},
          ${roles as string[]}::text[], ${this.#hooks as string[]}::text[], ${indexes as string[]}::text[], ${this.#draining},
          clock_timestamp() + ${DURATION} * interval '1 ms')
        on conflict (id) do update set
          expires_at = excluded.expires_at, draining = excluded.draining, hooks = excluded.hooks
        returning xmax = 0 as revived)
      select kept.revived, extract(epoch from clock_timestamp())::float8 * 1000 as now,
        (select md5(string_agg(concat(id, draining, hooks), ',' order by id)) from ${table}
          where id <> ${this.id} and expires_at > clock_timestamp()) as others
      from kept`
    const answered = Date.now()
    this.#last = {
      revived: row?.revived === true,
      others: row?.others ?? '',
      skew: (row?.now ?? answered) - (asked + answered) / 2,
      skewError: (answered - asked) / 2,
    }
    return this.#last
  }

  /** A process of this very machine can be looked for: no need to wait until its time is over. */
  async #giveUp(): Promise<void> {
    const { sql, ownSchema } = this.#database
    const table = sql`${sql(ownSchema)}.process`
    const here = await sql<{ id: string; pid: number; machine: string | null }[]>`
      select id, pid, machine from ${table} where id <> ${this.id} and machine = ${this.holder.machine ?? null}`
    const gone = here.filter(({ pid, machine }) => isGone({ pid, machine: machine ?? undefined }))
    const deleted = await sql<{ sessions: string }[]>`
      delete from ${table} where id <> ${this.id}
        and (id = any (${gone.map(({ id }) => id)}::uuid[]) or expires_at < clock_timestamp())
      returning sessions`
    if (deleted.length > 0) await this.#endSessions(deleted.map(({ sessions }) => sessions))
  }

  /**
   * It may be stopped, or cut off by its network, in the middle of a transaction whose locks would keep others waiting for
   * minutes. After its row is gone: a session that it opens from now on finds that it has nothing any more.
   */
  async #endSessions(names: readonly string[]): Promise<void> {
    const { sql, sessions } = this.#database
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = any (${names as string[]}::text[]) and application_name <> ${sessions}
        and datname = current_database()`.catch(() => {
      // Not allowed: then they last until the server notices.
    })
  }
}
