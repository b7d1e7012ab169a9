import type { Logger } from '../logger.ts'
import type { JobReader } from './job-reader.ts'
import type { JobRecord } from './job-record.ts'
import type { JobState, JobStore } from './job-store.ts'

export interface RowFollowerJobs {
  /** Nothing is changed any more. */
  readonly isClosed: () => boolean
  /** There is a job more. */
  readonly begin: (record: JobRecord) => void
  readonly unschedule: (record: JobRecord) => void
  /** Fire times after this one (ms) are to come. */
  readonly restartFrom: (record: JobRecord, time: number) => void
  /** These may fire at other times now. */
  readonly changed: (records: readonly JobRecord[]) => void
}

/** Makes the jobs that run what their rows say, when these were changed by hand. */
export class RowFollower {
  readonly #store: JobStore
  readonly #logger: Logger
  readonly #reader: JobReader
  readonly #records: Map<string, JobRecord>
  readonly #jobs: RowFollowerJobs
  /** One change after the other. */
  #changing: Promise<void> = Promise.resolve()

  constructor(
    options: {
      readonly store: JobStore
      readonly logger: Logger
      readonly reader: JobReader
      readonly records: Map<string, JobRecord>
    },
    jobs: RowFollowerJobs,
  ) {
    this.#store = options.store
    this.#logger = options.logger
    this.#reader = options.reader
    this.#records = options.records
    this.#jobs = jobs
  }

  /** Of the jobs of these names. Never rejects. */
  refresh(names: readonly string[]): Promise<void> {
    const before = this.#changing
    this.#changing = before.then(() => this.#refresh(names))
    return this.#changing
  }

  async #refresh(names: readonly string[]): Promise<void> {
    try {
      const states = new Map((await this.#store.read(names)).map((state) => [state.name, state]))
      if (this.#jobs.isClosed()) return
      for (const name of names) this.#apply(name, states.get(name))
      this.#jobs.changed(names.flatMap((name) => this.#records.get(name) ?? []))
    } catch (error) {
      this.#logger.warn('a change of jobs could not be read yet', { jobs: names, error })
    }
  }

  #apply(name: string, state: JobState | undefined): void {
    const before = this.#records.get(name)
    const config = state === undefined ? undefined : this.#reader.configOf(state)
    if (state === undefined || config === undefined) {
      if (before !== undefined) this.#remove(before)
      return
    }
    if (before === undefined || !this.#reader.isSameJob(before, config)) {
      if (before !== undefined) this.#remove(before)
      const record = this.#reader.read(config, state)
      this.#records.set(name, record)
      this.#jobs.begin(record)
      return
    }
    if (before.schedule !== state.schedule) {
      before.schedule = state.schedule
      before.trigger = this.#reader.triggerOf(name, config).anchoredAt(state.anchor)
      if (!state.paused) this.#jobs.restartFrom(before, state.accounted.getTime())
    }
    if (before.paused !== state.paused) this.#setPaused(before, state)
  }

  #setPaused(record: JobRecord, { paused, accounted }: JobState): void {
    record.paused = paused
    if (paused) this.#jobs.unschedule(record)
    else if (!record.rules.daemon) this.#jobs.restartFrom(record, accounted.getTime())
    record.ref?.send({ type: paused ? 'PAUSE' : 'RESUME' })
  }

  #remove(record: JobRecord): void {
    this.#records.delete(record.rules.name)
    this.#jobs.unschedule(record)
    record.ref?.send({ type: 'RETIRE' })
  }
}
