import type { Database } from '../database/database.ts'
import { Membership } from '../database/membership.ts'
import { changeJob } from './change-job.ts'
import { loadJobs, readJobs } from './job-rows.ts'
import { JobRunner } from './job-runner.ts'
import { claimRuns, pruneRuns, rewindJobs } from './job-runs.ts'
import type { JobChange, JobStore, JobTally, KnownJob, Claim, Run, StoreEvents } from './job-store.ts'
import { RunTaker } from './run-taker.ts'
import { RunWriter } from './run-writer.ts'

/**
 * Jobs and firings as rows.
 * @param membership as which process they are claimed. Default: one of its own
 */
export function createJobStore(database: Database, membership = new Membership(database)): JobStore {
  return new DatabaseJobStore(database, membership)
}

class DatabaseJobStore implements JobStore {
  readonly #database: Database
  readonly #runner: JobRunner
  readonly #writer: RunWriter
  readonly #taker: RunTaker

  constructor(database: Database, membership: Membership) {
    this.#database = database
    this.#runner = new JobRunner(database, membership)
    this.#writer = new RunWriter(database, membership.id)
    this.#taker = new RunTaker(database, membership.id)
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
    return rewindJobs(this.#database, this.#runner.id, now)
  }

  record(job: string, tally: JobTally, run?: Run): Promise<boolean> {
    return this.#writer.record(job, tally, run)
  }

  takeOver(known: (job: string) => boolean) {
    return this.#taker.takeOver(known)
  }

  join(events: StoreEvents, now: () => Date) {
    return this.#runner.join(events, now)
  }

  async leave(): Promise<void> {
    this.#writer.close()
    // What is not written as ended would be run again.
    await this.settled()
    await this.#runner.leave()
  }

  settled(): Promise<void> {
    return this.#writer.settled()
  }

  prune(before: Date) {
    return pruneRuns(this.#database, before)
  }
}
