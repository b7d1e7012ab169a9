import type { Database } from '../database/database.ts'
import type { Run, RunKey } from './job-store.ts'

/** So many runs are taken over at once; the rest at the next look. */
const MOST_TAKEN = 1_000

const json = (value: unknown): string => JSON.stringify(value)

interface Wanted extends RunKey {
  /** It was asked for before, and the answer was lost: it may be this process's by now. */
  readonly again: boolean
}

interface RunRow {
  readonly job: string
  readonly fire_time: Date
  readonly fire_times: number
  readonly status: 'due' | 'running' | 'succeeded'
  readonly attempt: number
  readonly by_hand: boolean
  readonly retry_at: Date | null
  readonly error: string | null
}

/**
 * Takes runs that no living process has. Which ones is read first: those whose answer is lost are asked for again by their names, for
 * they would look like any other that this process has, and never run.
 */
export class RunTaker {
  readonly #database: Database
  readonly #owner: string
  #unanswered: readonly RunKey[] = []
  /** One after the other: two would both take what the first had no answer for. */
  #taking: Promise<unknown> = Promise.resolve()

  constructor(database: Database, owner: string) {
    this.#database = database
    this.#owner = owner
  }

  /** See `JobStore.takeOver`. */
  takeOver(known: (job: string) => boolean): Promise<readonly Run[]> {
    const take = (): Promise<readonly Run[]> => this.#takeOver(known)
    const taking = this.#taking.then(take, take)
    this.#taking = taking
    return taking
  }

  async #takeOver(known: (job: string) => boolean): Promise<readonly Run[]> {
    const left = await this.#find(known)
    const wanted = [
      ...this.#unanswered.map((key) => ({ ...key, again: true })),
      ...left.map((key) => ({ ...key, again: false })),
    ]
    if (wanted.length === 0) return []
    this.#unanswered = wanted
    const rows = await this.#take(wanted)
    this.#unanswered = []
    // One whose firing is on the queue has done its part, and only could not say so.
    return rows.flatMap((row) => (row.status === 'succeeded' ? [] : [runOf(row, row.status)]))
  }

  async #find(known: (job: string) => boolean): Promise<readonly RunKey[]> {
    const { sql, ownSchema } = this.#database
    const own = sql(ownSchema)
    // Nearly always there are none.
    const found = await sql<{ name: string; gone: boolean }[]>`
      with names as (select distinct job as name from ${own}.job_run run where ${this.#isLeft()})
      select name, not exists (
        select from ${own}.job where job.name = names.name and retired_at is null and not removed) as gone
      from names`
    // A process whose config is older knows nothing of jobs that a newer one has.
    const names = found.filter(({ name, gone }) => gone || known(name)).map(({ name }) => name)
    if (names.length === 0) return []
    return sql<RunKey[]>`
      select job, fire_time as "fireTime" from ${own}.job_run run
      where ${this.#isLeft()} and job in (select json_array_elements_text(${json(names)}::text::json))
      order by fire_time limit ${MOST_TAKEN}`
  }

  async #take(wanted: readonly Wanted[]): Promise<readonly RunRow[]> {
    const { sql, ownSchema } = this.#database
    const own = sql(ownSchema)
    const rows = await sql<RunRow[]>`
      with found as (
        select run.job, run.fire_time from ${own}.job_run run
        join json_to_recordset(${json(wanted)}::text::json) as given (job text, "fireTime" timestamptz, again boolean)
          on given.job = run.job and given."fireTime" = run.fire_time
        where (${this.#isLeft()})
          or (given.again and run.owner = ${this.#owner}::text::uuid and run.status in ('due', 'running'))
        order by run.fire_time for update of run skip locked)
      update ${own}.job_run run set owner = ${this.#owner}::text::uuid,
        status = case when run.queued then 'succeeded' else run.status end,
        finished_at = case when run.queued then now() else run.finished_at end
      from found where run.job = found.job and run.fire_time = found.fire_time
      returning run.job, run.fire_time, run.fire_times, run.status, run.attempt, run.by_hand, run.retry_at, run.error`
    return rows.toSorted((a, b) => a.fire_time.getTime() - b.fire_time.getTime())
  }

  /** No living process has it. */
  #isLeft() {
    const { sql, ownSchema } = this.#database
    return sql`
      run.status in ('due', 'running') and run.owner is distinct from ${this.#owner}::text::uuid and not exists (
        select from ${sql(ownSchema)}.process where process.id = run.owner and process.expires_at > clock_timestamp())`
  }
}

const runOf = (row: RunRow, status: 'due' | 'running'): Run => ({
  job: row.job,
  fireTime: row.fire_time,
  fireTimes: row.fire_times,
  status,
  attempt: row.attempt,
  byHand: row.by_hand,
  retryAt: row.retry_at ?? undefined,
  error: row.error ?? undefined,
})
