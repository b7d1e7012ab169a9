import { nextFireTimes, type PawlEvent } from 'pawl'

type Trigger = Parameters<typeof nextFireTimes>[0]

/** One job's fire times, each expected once, in its order. Keeps none of them: half a year has thousands. */
export class FireAccount {
  readonly #job: string
  readonly #trigger: Trigger
  #next: Date | undefined
  /** Those up to here are expected. */
  #expected = 0
  #told = 0
  #firings = 0
  #open = 0
  readonly faults: string[] = []

  /** Fire times after `from` count. */
  constructor(job: string, trigger: Trigger, from: Date) {
    this.#job = job
    this.#trigger = trigger
    this.#next = this.#after(from)
  }

  /** The first fire time that is not expected yet, in ms. */
  get next(): number {
    return this.#next?.getTime() ?? Infinity
  }

  /** All of them up to `now` have to be told. */
  expect(now: number): void {
    while (this.#next !== undefined && this.#next.getTime() <= now) {
      this.#expected += 1
      this.#next = this.#after(this.#next)
    }
  }

  note(event: PawlEvent): void {
    if (!('job' in event) || event.job !== this.#job) return
    switch (event.type) {
      case 'job.fired':
        this.#firings += 1
        this.#open += 1
        this.#tell(event.fireTimes, event.fireTime)
        break
      case 'job.skipped':
        this.#tell(1, event.fireTime)
        break
      case 'job.missed':
        this.#tell(event.count, event.fireTimes[0])
        break
      case 'job.failed':
        this.#open -= 1
        break
      default:
    }
  }

  /** A hook that this job fired ended well. */
  done(): void {
    this.#open -= 1
  }

  /** All that was expected was told of, and has ended. */
  get settled(): boolean {
    return this.#told >= this.#expected && this.#open === 0
  }

  summary(): string {
    return `${this.#job}: ${this.#expected} fire times, ${this.#told} accounted for, in ${this.#firings} firings`
  }

  /** @returns what is wrong with it at the end */
  close(): readonly string[] {
    if (this.#told !== this.#expected) this.faults.push(this.summary())
    return this.faults
  }

  #tell(count: number, fireTime: Date | undefined): void {
    this.#told += count
    if (this.#told > this.#expected) this.faults.push(`${this.#job}: more than its fire times`)
    // On its mark: it is what the trigger says comes next after the ms before it.
    const mark = fireTime && this.#after(new Date(fireTime.getTime() - 1))
    if (fireTime === undefined || mark?.getTime() !== fireTime.getTime())
      this.faults.push(`${this.#job}: ${fireTime?.toISOString()} is none of its fire times`)
  }

  #after(from: Date): Date | undefined {
    return nextFireTimes(this.#trigger, { from, count: 1, job: this.#job })[0]
  }
}
