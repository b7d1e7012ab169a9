import { ChangesOf } from './changes-of.ts'
import type { Inspected } from './inspected.ts'
import { Polled } from './polled.ts'
import type { ChangesMessage } from './protocol.ts'
import { showJob } from './show-stored.ts'
import type { ShownJob } from './shown.ts'

/** More jobs than a person scrolls through. */
const MOST_JOBS = 5_000

type JobChanges = Pick<ChangesMessage, 'jobs' | 'jobsGone'>

/** The list of jobs, read again and again while it is started. */
export class JobWatch {
  readonly #inspected: Inspected
  readonly #polled: Polled<readonly ShownJob[]>
  readonly #jobs = new ChangesOf<ShownJob>()
  /** By schedule: a thousand jobs have few, and a crontab takes a while to put into words. */
  readonly #words = new Map<string, string>()
  #changes: JobChanges = {}
  #isRead = false

  constructor(inspected: Inspected) {
    this.#inspected = inspected
    this.#polled = new Polled(
      () => this.#read(),
      (jobs) => this.#got(jobs),
    )
  }

  start(): void {
    this.#polled.start()
  }

  stop(): void {
    this.#polled.stop()
    this.#jobs.forget()
    this.#words.clear()
    this.#changes = {}
    this.#isRead = false
  }

  hint(): void {
    this.#polled.hint()
  }

  urge(): void {
    this.#polled.urge()
  }

  /** undefined: not read yet. */
  get all(): readonly ShownJob[] | undefined {
    return this.#isRead ? this.#jobs.items : undefined
  }

  /** What has changed since it was called before. */
  take(): JobChanges {
    const changes = this.#changes
    this.#changes = {}
    return changes
  }

  async #read(): Promise<readonly ShownJob[] | undefined> {
    const jobs = await this.#inspected.stored()?.jobs.list()
    return jobs?.slice(0, MOST_JOBS).map((job) => showJob(job, (schedule) => this.#explain(schedule)))
  }

  #explain(schedule: string): string {
    const words = this.#words.get(schedule) ?? this.#inspected.explain(schedule)
    this.#words.set(schedule, words)
    return words
  }

  #got(jobs: readonly ShownJob[]): void {
    const isFirst = !this.#isRead
    this.#isRead = true
    const found = this.#jobs.take(jobs)
    if (found === undefined && !isFirst) return
    const { jobs: waiting = [], jobsGone = [] } = this.#changes
    this.#changes = {
      jobs: [...waiting, ...(found?.changed ?? [])],
      jobsGone: [...jobsGone, ...(found?.gone ?? [])],
    }
  }
}
