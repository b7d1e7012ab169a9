import type { Database } from '../database/database.ts'
import type { Membership, Party } from '../database/membership.ts'
import type { Beat } from '../database/process-row.ts'
import { CHANGES } from './change-job.ts'
import type { StoreEvents } from './job-store.ts'

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

  /** @throws whatever the database throws: then it does not count as living. */
  async join(events: StoreEvents, now: Date): Promise<void> {
    this.#events = events
    this.#since = now
    await this.#membership.enter(this.#party)
    await this.#noteSince(now)
    let again = false
    this.#listening = await this.#database.listen(
      CHANGES,
      (payload) => this.#hear(payload),
      () => {
        this.#events?.look()
        // What was told since the session was lost was not heard.
        if (again) this.#events?.unheard()
        again = true
      },
    )
  }

  /** See `JobStore.firedSince`. */
  async firedSince(): Promise<Date | undefined> {
    const { sql, ownSchema } = this.#database
    const [row] = await sql<{ since: Date | null }[]>`
      select min(jobs_since) as since from ${sql(ownSchema)}.process where expires_at > clock_timestamp()`
    return row?.since ?? undefined
  }

  /** Idempotent; whoever comes second waits for the first, as the database may be closed after it. */
  leave(): Promise<void> {
    if (this.#events !== undefined) this.#leaving = this.#leave()
    this.#events = undefined
    return this.#leaving
  }

  async #leave(): Promise<void> {
    await this.#listening?.unlisten().catch(() => {})
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

  async #noteSince(since: Date | undefined): Promise<void> {
    const { sql, ownSchema } = this.#database
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
