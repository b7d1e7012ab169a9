import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { JobReader } from './job-reader.ts'
import { replaceRecord, setSchedule, type JobRecord } from './job-record.ts'
import type { JobState, JobStore } from './job-store.ts'

/** ms until rows are read again that could not be read. */
const READ_AGAIN = 1_000

export interface RowFollowerJobs {
  /** There is a job more. */
  readonly begin: (record: JobRecord) => void
  /** It is another job of its name now. */
  readonly replaced: (record: JobRecord) => void
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
  readonly #clock: Clock
  /** Whose rows are to be read, where not all are. */
  readonly #names = new Set<string>()
  #all = false
  #state: 'waiting' | 'following' | 'closed' = 'waiting'
  /** One change after the other. */
  #changing: Promise<void> = Promise.resolve()
  #timer: { readonly handle: unknown } | undefined

  constructor(
    options: {
      readonly store: JobStore
      readonly logger: Logger
      readonly clock: Clock
      readonly reader: JobReader
      readonly records: Map<string, JobRecord>
    },
    jobs: RowFollowerJobs,
  ) {
    this.#store = options.store
    this.#logger = options.logger
    this.#clock = options.clock
    this.#reader = options.reader
    this.#records = options.records
    this.#jobs = jobs
  }

  /** From here on the jobs run. What was to be read before is read now. */
  start(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'following'
    if (this.#all || this.#names.size > 0) void this.#follow()
  }

  /** Nothing is changed any more. */
  close(): void {
    this.#state = 'closed'
    this.#disarm()
  }

  /** Of the jobs of these names; where none are given, of all. Resolves when that is done, or could not be yet. Never rejects. */
  refresh(names?: readonly string[]): Promise<void> {
    if (names === undefined) this.#all = true
    else for (const name of names) this.#names.add(name)
    return this.#state === 'following' ? this.#follow() : Promise.resolve()
  }

  #follow(): Promise<void> {
    this.#disarm()
    const before = this.#changing
    this.#changing = before.then(() => this.#read())
    return this.#changing
  }

  async #read(): Promise<void> {
    const names = this.#all ? undefined : [...this.#names]
    if (this.#state === 'closed' || names?.length === 0) return
    this.#all = false
    this.#names.clear()
    try {
      const states = new Map((await this.#store.read(names)).map((state) => [state.name, state]))
      if (this.#isClosed) return
      const changed = names ?? [...new Set([...this.#records.keys(), ...states.keys()])]
      for (const name of changed) this.#applyOrTell(name, states.get(name))
      this.#jobs.changed(changed.flatMap((name) => this.#records.get(name) ?? []))
    } catch (error) {
      this.#logger.warn('a change of jobs could not be read yet', { jobs: names ?? 'all', error })
      this.#readAgain(names)
    }
  }

  // A getter, since TypeScript does not see that it changes while something is awaited.
  get #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #readAgain(names: readonly string[] | undefined): void {
    if (names === undefined) this.#all = true
    else for (const name of names) this.#names.add(name)
    this.#disarm()
    if (this.#isClosed) return
    this.#timer = { handle: this.#clock.setTimeout(() => void this.#follow(), READ_AGAIN) }
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer.handle)
    this.#timer = undefined
  }

  /** One that cannot be applied keeps no other from it. */
  #applyOrTell(name: string, state: JobState | undefined): void {
    try {
      this.#apply(name, state)
    } catch (error) {
      this.#logger.warn('a job that was changed at run time cannot be read any more', { job: name, error })
    }
  }

  #apply(name: string, state: JobState | undefined): void {
    const before = this.#records.get(name)
    const config = state === undefined ? undefined : this.#reader.configOf(state)
    if (state === undefined || config === undefined) {
      if (before !== undefined) this.#remove(before)
      return
    }
    if (before === undefined) {
      const record = this.#reader.read(config, state)
      this.#records.set(name, record)
      this.#jobs.begin(record)
      return
    }
    if (!this.#reader.isSameJob(before, config)) {
      replaceRecord(before, this.#reader.read(config, state))
      this.#jobs.replaced(before)
      return
    }
    const isOther = setSchedule(before, state, () => this.#reader.triggerOf(name, config, state))
    const wasPaused = before.paused
    before.paused = state.paused
    if (state.paused) this.#jobs.unschedule(before)
    else if (isOther || wasPaused) this.#jobs.restartFrom(before, state.accounted.getTime())
    if (wasPaused !== state.paused) before.ref?.send({ type: state.paused ? 'PAUSE' : 'RESUME' })
  }

  #remove(record: JobRecord): void {
    this.#records.delete(record.rules.name)
    this.#jobs.unschedule(record)
    record.ref?.send({ type: 'RETIRE' })
  }
}
