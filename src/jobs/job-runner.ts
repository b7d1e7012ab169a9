import type { Database, Sql } from '../database/database.ts'
import type { Membership, Party } from '../database/membership.ts'
import type { Beat } from '../database/process-row.ts'
import { CHANGES } from './change-job.ts'
import type { StoreEvents } from './job-store.ts'

/** Of all schemas in all databases of a server; the number is arbitrary. */
const LOCK = 7_238_007

/** This process among those that fire jobs: it owns what it claimed for as long as it counts as living. */
export class JobRunner {
  readonly #database: Database
  readonly #membership: Membership
  readonly #party: Party = { beat: (beat) => this.#hearBeat(beat) }
  #events: StoreEvents | undefined
  #since = new Date(0)
  #listening: { unlisten(): Promise<void> } | undefined
  #leaving: Promise<void> = Promise.resolve()

  constructor(database: Database, membership: Membership) {
    this.#database = database
    this.#membership = membership
  }

  get id(): string {
    return this.#membership.id
  }

  /** See `JobStore.join`. @throws whatever the database throws: then it does not count as living. */
  async join(events: StoreEvents, now: () => Date): Promise<Date> {
    this.#events = events
    await this.#membership.enter(this.#party)
    const since = await this.#begin(now)
    let again = false
    this.#listening ??= await this.#database.listen(
      CHANGES,
      (payload) => this.#hear(payload),
      () => {
        this.#events?.look()
        // What was told since the session was lost was not heard.
        if (again) this.#events?.unheard()
        again = true
      },
    )
    return since
  }

  /** One process after the other: of two that start together, both know which began first. */
  #begin(now: () => Date): Promise<Date> {
    const { ownSchema } = this.#database
    return this.#database.transaction(async ({ sql }) => {
      await sql`select pg_advisory_xact_lock(${LOCK}, hashtext(${ownSchema}))`
      this.#since = now()
      await this.#noteSince(this.#since, sql)
      const [row] = await sql<{ since: Date | null }[]>`
        select min(jobs_since) as since from ${sql(ownSchema)}.process where expires_at > clock_timestamp()`
      return row?.since ?? this.#since
    })
  }

  /** Idempotent; whoever comes second waits for the first, as the database may be closed after it. */
  leave(): Promise<void> {
    if (this.#events !== undefined) this.#leaving = this.#leave()
    this.#events = undefined
    return this.#leaving
  }

  async #leave(): Promise<void> {
    await this.#listening?.unlisten().catch(() => {})
    this.#listening = undefined
    const { sql, ownSchema } = this.#database
    // What ran here and is not written as ended was cut off: nobody's, as when this process had died.
    await sql`
      update ${sql(ownSchema)}.job_run set owner = null
      where owner = ${this.id}::text::uuid and status in ('due', 'running')`
    await this.#noteSince(undefined)
    await this.#membership.leave(this.#party)
  }

  /** Its row is another where it had been given up; what it could not fire meanwhile, others did. */
  #hearBeat({ revived }: Beat): void {
    if (revived) void this.#noteSince(this.#since).catch(() => {})
    this.#events?.look()
  }

  async #noteSince(since: Date | undefined, sql: Sql = this.#database.sql): Promise<void> {
    const { ownSchema } = this.#database
    await sql`
      update ${sql(ownSchema)}.process set jobs_since = ${since?.toISOString() ?? null}::text::timestamptz
      where id = ${this.id}::text::uuid`
  }

  #hear(payload: string): void {
    const { schema, job, by, run, all } = JSON.parse(payload) as Record<string, unknown>
    if (schema !== this.#database.ownSchema || by === this.id) return
    if (all === true) this.#events?.unheard()
    else if (run === true) this.#events?.look()
    else this.#events?.changed(String(job))
  }
}
