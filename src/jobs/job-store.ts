import type { Database, Sql } from '../database/database.ts'

/** What is kept of a job over restarts. */
export interface JobState {
  readonly name: string
  /** Since when this schedule is known. */
  readonly anchor: Date
  /** Every fire time up to here was fired, coalesced, missed or skipped. */
  accounted: Date
  lastFireTime: Date | undefined
  nextFireTime: Date | undefined
  fired: number
  coalesced: number
  missed: number
  skipped: number
  failed: number
  /** Of the last firing that failed; stays when later ones succeed. */
  lastError: string | undefined
  paused: boolean
}

/** A job as it is configured: another `schedule` is another job to the store, and counts from now. */
export interface KnownJob {
  readonly name: string
  readonly hook: string
  readonly schedule: string
}

/** Where jobs are kept. */
export interface JobStore {
  /**
   * Makes the stored jobs those that are given, and returns them by name. One that was not there yet, or has another
   * schedule, begins at `now`; those that are gone are retired.
   */
  load(jobs: readonly KnownJob[], now: Date): Promise<ReadonlyMap<string, JobState>>
  /** Resolves when the state, as it is by then, is committed. */
  save(state: JobState): Promise<void>
  /** Resolves when no save is under way; never rejects. */
  settled(): Promise<void>
}

/** Messages longer than this are cut: they are for a status line, the log has them whole. */
const LONGEST_ERROR = 2_000

/** Jobs as rows of `<own>.job`. Saves that come while one is being written go together in the next statement. */
export function createJobStore(database: Database): JobStore {
  return new DatabaseJobStore(database)
}

class DatabaseJobStore implements JobStore {
  readonly #database: Database
  #dirty = new Map<string, JobState>()
  #current: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(database: Database) {
    this.#database = database
  }

  async load(jobs: readonly KnownJob[], now: Date): Promise<ReadonlyMap<string, JobState>> {
    const rows = await this.#database.transaction(async ({ sql }) => {
      const table = this.#table(sql)
      const names = JSON.stringify(jobs.map(({ name }) => name))
      await sql`
        update ${table} set retired_at = ${now.toISOString()}::text::timestamptz
        where retired_at is null
          and name not in (select json_array_elements_text(${names}::text::json))`
      return sql<JobRow[]>`
        insert into ${table} as job (name, hook, schedule, anchor, accounted)
        select name, hook, schedule, ${now.toISOString()}::text::timestamptz, ${now.toISOString()}::text::timestamptz
        from json_to_recordset(${JSON.stringify(jobs)}::text::json) as given (name text, hook text, schedule text)
        on conflict (name) do update set
          hook = excluded.hook,
          schedule = excluded.schedule,
          anchor = case when ${isSame(sql)} then job.anchor else excluded.anchor end,
          accounted = case when ${isSame(sql)} then job.accounted else excluded.accounted end,
          retired_at = null
        returning *`
    })
    return new Map(rows.map((row) => [row.name, stateOf(row)]))
  }

  save(state: JobState): Promise<void> {
    this.#dirty.set(state.name, state)
    this.#next ??= this.#writeAfter(this.#current)
    return this.#next
  }

  async settled(): Promise<void> {
    while (this.#next !== undefined) await this.#next.catch(() => {})
    await this.#current.catch(() => {})
  }

  async #writeAfter(current: Promise<void>): Promise<void> {
    await current.catch(() => {})
    const states = this.#dirty
    this.#dirty = new Map()
    // From here on, saves belong to the next statement.
    this.#current = this.#next ?? Promise.resolve()
    this.#next = undefined
    try {
      await this.#write([...states.values()])
    } catch (error) {
      // The next statement writes them too: a row is written whole, so nothing is lost by a write that failed.
      for (const [name, state] of states) this.#dirty.set(name, state)
      throw error
    }
  }

  async #write(states: readonly JobState[]): Promise<void> {
    const { sql } = this.#database
    await sql`
      update ${this.#table(sql)} as job set
        accounted = new.accounted, last_fire_time = new.last_fire_time, next_fire_time = new.next_fire_time,
        fired = new.fired, coalesced = new.coalesced, missed = new.missed, skipped = new.skipped,
        failed = new.failed, last_error = new.last_error, paused = new.paused
      from json_to_recordset(${JSON.stringify(states.map(rowOf))}::text::json) as new (
        name text, accounted timestamptz, last_fire_time timestamptz, next_fire_time timestamptz,
        fired bigint, coalesced bigint, missed bigint, skipped bigint, failed bigint, last_error text, paused boolean)
      where job.name = new.name`
  }

  #table(sql: Sql) {
    return sql`${sql(this.#database.ownSchema)}.job`
  }
}

interface JobRow {
  readonly name: string
  readonly anchor: Date
  readonly accounted: Date
  readonly last_fire_time: Date | null
  readonly next_fire_time: Date | null
  readonly fired: bigint
  readonly coalesced: bigint
  readonly missed: bigint
  readonly skipped: bigint
  readonly failed: bigint
  readonly last_error: string | null
  readonly paused: boolean
}

const isSame = (sql: Sql) => sql`job.schedule = excluded.schedule and job.retired_at is null`

function stateOf(row: JobRow): JobState {
  return {
    name: row.name,
    anchor: row.anchor,
    accounted: row.accounted,
    lastFireTime: row.last_fire_time ?? undefined,
    nextFireTime: row.next_fire_time ?? undefined,
    fired: Number(row.fired),
    coalesced: Number(row.coalesced),
    missed: Number(row.missed),
    skipped: Number(row.skipped),
    failed: Number(row.failed),
    lastError: row.last_error ?? undefined,
    paused: row.paused,
  }
}

function rowOf(state: JobState) {
  return {
    name: state.name,
    accounted: state.accounted,
    last_fire_time: state.lastFireTime,
    next_fire_time: state.nextFireTime,
    fired: state.fired,
    coalesced: state.coalesced,
    missed: state.missed,
    skipped: state.skipped,
    failed: state.failed,
    last_error: state.lastError === undefined ? undefined : storable(state.lastError),
    paused: state.paused,
  }
}

/** PostgreSQL's text takes neither NUL nor half a surrogate pair. */
const storable = (text: string): string =>
  Buffer.from(text.slice(0, LONGEST_ERROR).replaceAll('\0', '')).toString()
