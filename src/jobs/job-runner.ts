import type { Database } from '../database/database.ts'
import type { Membership, Party } from '../database/membership.ts'
import { CHANGES } from './job-rows.ts'
import type { StoreEvents } from './job-store.ts'

/** This process among those that fire jobs: it owns what it claimed for as long as it counts as living. */
export class JobRunner {
  readonly #database: Database
  readonly #membership: Membership
  readonly #party: Party = { beat: () => this.#events?.look() }
  #events: StoreEvents | undefined
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
  async join(events: StoreEvents): Promise<void> {
    this.#events = events
    await this.#membership.enter(this.#party)
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
    await this.#membership.leave(this.#party)
  }

  #hear(payload: string): void {
    const { schema, job, by, run } = JSON.parse(payload) as Record<string, unknown>
    if (schema !== this.#database.ownSchema || by === this.id) return
    if (run === true) this.#events?.look()
    else this.#events?.changed(String(job))
  }
}
