import { randomUUID } from 'node:crypto'
import type { Database, DatabaseSession, Sql } from './database.ts'
import { isGone, thisHolder, type LeaseHolder } from './lease-holder.ts'

/** What others may know of a process. */
export interface Profile {
  readonly version: string
  readonly roles: readonly string[]
  /** That it follows. */
  readonly indexes: readonly string[]
}

/** What a process can do of the durable firings. */
export interface Offer {
  /** Of whose slots it takes its share. */
  readonly hooks?: readonly string[]
  /** Firings of all hooks that it runs at a time, where no slots say so. */
  readonly concurrency?: number
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

interface BeatRow {
  readonly revived: boolean
  readonly others: string | null
  readonly now: number
}

/** The row of this process among those of the others, and what is told of it. */
export class ProcessRow {
  readonly id = randomUUID()
  readonly holder: LeaseHolder = thisHolder()
  readonly #database: Database
  readonly #profile: Profile
  readonly #duration: number
  #offer: Offer = {}
  #draining = false

  /** @param duration ms, by the database's clock, until others may give it up */
  constructor(database: Database, profile: Profile, duration: number) {
    this.#database = database
    this.#profile = profile
    this.#duration = duration
  }

  /** The channel on which it is told that a process came or went, or what it has became free. */
  get channel(): string {
    return `${this.#database.ownSchema} processes`
  }

  /** It is there for so long again. @throws what the database does */
  async keep({ sql }: Pick<DatabaseSession, 'sql'> = this.#database): Promise<Beat> {
    const { name, pid, machine } = this.holder
    const { version, roles, indexes } = this.#profile
    const { hooks = [], concurrency = null } = this.#offer
    const table = sql`${sql(this.#database.ownSchema)}.process`
    const asked = Date.now()
    const [row] = await sql<BeatRow[]>`
      with kept as (
        insert into ${table} as process
          (id, name, pid, machine, sessions, version, roles, hooks, concurrency, indexes, draining, expires_at)
        values (${this.id}, ${name}, ${pid}, ${machine ?? null}, ${this.#database.sessions}, ${version},
          ${roles as string[]}::text[], ${hooks as string[]}::text[], ${concurrency}, ${indexes as string[]}::text[],
          ${this.#draining}, clock_timestamp() + ${this.#duration} * interval '1 ms')
        on conflict (id) do update set
          expires_at = excluded.expires_at, draining = excluded.draining, hooks = excluded.hooks,
          concurrency = excluded.concurrency
        returning xmax = 0 as revived)
      select kept.revived, extract(epoch from clock_timestamp())::float8 * 1000 as now,
        (select md5(string_agg(concat(id, draining, hooks), ',' order by id)) from ${table}
          where id <> ${this.id} and expires_at > clock_timestamp()) as others
      from kept`
    const answered = Date.now()
    return {
      revived: row?.revived === true,
      others: row?.others ?? '',
      skew: (row?.now ?? answered) - (asked + answered) / 2,
      skewError: (answered - asked) / 2,
    }
  }

  /** @throws what the database does */
  async offer(offer: Offer): Promise<void> {
    this.#offer = offer
    await this.keep()
    await this.tell()
  }

  /** Idempotent. */
  async drain(): Promise<void> {
    if (this.#draining) return
    this.#draining = true
    const { sql, ownSchema } = this.#database
    await sql`
      with drained as (update ${sql(ownSchema)}.process set draining = true where id = ${this.id} returning id)
      select pg_notify(${this.channel}, id::text) from drained`
  }

  async remove(): Promise<void> {
    const { sql, ownSchema } = this.#database
    await sql`
      with gone as (delete from ${sql(ownSchema)}.process where id = ${this.id} returning id)
      select pg_notify(${this.channel}, id::text) from gone`
  }

  /** Tells the others to look. */
  async tell(): Promise<void> {
    await this.#database.sql`select pg_notify(${this.channel}, ${this.id})`
  }

  /** Takes off those that were silent for too long. One of this very machine is looked for: no need to wait until its time is over. */
  async giveUpOthers({ sql }: Pick<DatabaseSession, 'sql'> = this.#database): Promise<void> {
    const table = sql`${sql(this.#database.ownSchema)}.process`
    const here = await sql<{ id: string; pid: number; machine: string | null }[]>`
      select id, pid, machine from ${table} where id <> ${this.id} and machine = ${this.holder.machine ?? null}`
    const gone = here.filter(({ pid, machine }) => isGone({ pid, machine: machine ?? undefined }))
    const deleted = await sql<{ sessions: string }[]>`
      delete from ${table} where id <> ${this.id}
        and (id = any (${gone.map(({ id }) => id)}::uuid[]) or expires_at < clock_timestamp())
      returning sessions`
    if (deleted.length === 0) return
    await this.#endSessions(
      sql,
      deleted.map(({ sessions }) => sessions),
    )
  }

  /**
   * It may be stopped, or cut off by its network, in the middle of a transaction whose locks would keep others waiting for
   * minutes. After its row is gone: a session that it opens from now on finds that it has nothing any more.
   */
  async #endSessions(sql: Sql, names: readonly string[]): Promise<void> {
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = any (${names as string[]}::text[]) and application_name <> ${this.#database.sessions}
        and datname = current_database()`.catch(() => {
      // Not allowed: then they last until the server notices.
    })
  }
}
