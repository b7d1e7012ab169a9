import type { Database } from '../database/database.ts'
import { Membership } from '../database/membership.ts'
import { changeJob, loadJobs, readJobs } from './job-rows.ts'
import { JobRunner } from './job-runner.ts'
import { claimRuns, pruneRuns, rewindJobs, takeRuns, writeRuns } from './job-runs.ts'
import type { JobChange, JobStore, JobTally, KnownJob, Claim, Run, StoreEvents } from './job-store.ts'
import { storableText } from '../text/storable-text.ts'
import { keyOf, RecordBatch } from './record-batch.ts'

/** ms until what could not be written is tried again. */
const RETRY_AFTER = 1_000

/** Messages longer than this are cut: they are for a status line, the log has them whole. */
const LONGEST_ERROR = 2_000

/**
 * Jobs and firings as rows. What is recorded while a statement is under way goes together in the next one.
 * @param membership as which process they are claimed. Default: one of its own
 */
export function createJobStore(database: Database, membership = new Membership(database)): JobStore {
  return new DatabaseJobStore(database, membership)
}

/** The keys of runs that another process has. */
type Left = ReadonlySet<string>

const NONE: Left = new Set()

class DatabaseJobStore implements JobStore {
  readonly #database: Database
  readonly #runner: JobRunner
  #batch = new RecordBatch()
  #current: Promise<Left> = Promise.resolve(NONE)
  #next: Promise<Left> | undefined
  #retry: NodeJS.Timeout | undefined
  #left = false

  constructor(database: Database, membership: Membership) {
    this.#database = database
    this.#runner = new JobRunner(database, membership)
  }

  async load(jobs: readonly KnownJob[], now: Date) {
    return new Map(
      (await loadJobs(this.#database, jobs, { now, by: this.#runner.id })).map((state) => [
        state.name,
        state,
      ]),
    )
  }

  read(names?: readonly string[]) {
    return readJobs(this.#database, names)
  }

  change(name: string, change: JobChange, now: Date) {
    return changeJob(this.#database, { name, change, now, by: this.#runner.id })
  }

  async plan(next: ReadonlyMap<string, Date | undefined>): Promise<void> {
    const { sql, ownSchema } = this.#database
    const rows = JSON.stringify([...next].map(([job, at]) => ({ job, at })))
    await sql`
      with held as (
        select job.name, given.at from ${sql(ownSchema)}.job
        join json_to_recordset(${rows}::text::json) as given (job text, at timestamptz) on given.job = job.name
        order by job.name for update of job)
      update ${sql(ownSchema)}.job set next_fire_time = held.at from held where job.name = held.name`
  }

  claim(claims: readonly Claim[]) {
    return claimRuns(this.#database, this.#runner.id, claims)
  }

  rewind(now: Date) {
    return rewindJobs(this.#database, now)
  }

  record(job: string, tally: JobTally, run?: Run): Promise<boolean> {
    this.#batch.add(job, storable(tally), run?.error === undefined ? run : { ...run, error: cut(run.error) })
    this.#next ??= this.#writeAfter(this.#current)
    return this.#next.then((left) => run === undefined || left.size === 0 || !left.has(keyOf(run)))
  }

  takeOver(known: (job: string) => boolean) {
    return takeRuns(this.#database, this.#runner.id, known)
  }

  join(events: StoreEvents) {
    return this.#runner.join(events)
  }

  async leave(): Promise<void> {
    this.#left = true
    clearTimeout(this.#retry)
    // What is not written as ended would be run again.
    await this.settled()
    await this.#runner.leave()
  }

  async settled(): Promise<void> {
    await this.#written()
    if (this.#batch.isEmpty) return
    // Who leaves does not wait for the next try, which is a second away.
    this.#tryAgain()
    await this.#written()
  }

  prune(before: Date) {
    return pruneRuns(this.#database, before)
  }

  async #written(): Promise<void> {
    while (this.#next !== undefined) await this.#next.catch(() => {})
    await this.#current.catch(() => {})
  }

  async #writeAfter(current: Promise<Left>): Promise<Left> {
    await current.catch(() => {})
    const batch = this.#batch
    this.#batch = new RecordBatch()
    // From here on, records belong to the next statement.
    this.#current = this.#next ?? Promise.resolve(NONE)
    this.#next = undefined
    try {
      const left = await writeRuns(this.#database, this.#runner.id, batch.runs, batch.tallies)
      return left.length === 0 ? NONE : new Set(left.map(keyOf))
    } catch (error) {
      this.#batch.addBefore(batch)
      clearTimeout(this.#retry)
      if (!this.#left) this.#retry = setTimeout(() => this.#tryAgain(), RETRY_AFTER).unref()
      throw error
    }
  }

  #tryAgain(): void {
    this.#next ??= this.#writeAfter(this.#current)
    this.#next.catch(() => {})
  }
}

const storable = (tally: JobTally): JobTally =>
  tally.lastError === undefined ? tally : { ...tally, lastError: cut(tally.lastError) }

const cut = (text: string): string => storableText(text.slice(0, LONGEST_ERROR))
