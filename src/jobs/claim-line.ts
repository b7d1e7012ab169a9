import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JobRules } from '../../machines/job.machine.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { claimOf, grantedOf, joins, type DueJob } from './due-job.ts'
import { noteBegun, noteWaiting, type JobRecord } from './job-record.ts'
import type { Claim, Claimed, JobStore } from './job-store.ts'
import { LARGEST_WAIT } from './timekeeper.ts'

export interface ClaimEvents {
  /** These of them are this process's, and no other's. By `rules` it was claimed: its job may be another one by now. */
  readonly granted: (due: DueJob, fireTimes: readonly Date[], rules: JobRules) => void
  /** It has its answer, after it had none: what has come since is to be reckoned. */
  readonly answered: (record: JobRecord) => void
  /** Times to come are accounted for: the clock was set back by hours since these were claimed. */
  readonly ahead: () => void
  /** There are no such jobs any more. */
  readonly gone: (records: readonly JobRecord[]) => void
}

/** ms until the store is asked again that could not be reached. */
const ASK_AGAIN = 1_000

interface Asked {
  readonly due: DueJob
  readonly rules: JobRules
  readonly claim: Claim
}

/**
 * Claims what is due before it is fired. What comes while a claim is under way goes together in the next, and the database has that
 * before the loop begins what was granted: with one after the other, 5,000 firings a second on a busy machine come seconds late.
 *
 * A claim without an answer may have been carried out. It is asked again as it was, before anything else of its job: another one
 * would find that its fire times are accounted for, and nobody would run them.
 */
export class ClaimLine {
  readonly #store: JobStore
  readonly #clock: Clock
  readonly #events: ClaimEvents
  readonly #logger: Logger
  #waiting: DueJob[] = []
  /** Is the store being asked, or about to be? */
  #asking = false
  /** Jobs whose claim has not come to its end. What else of them is due waits for that: only then it is known how many more may run. */
  readonly #held = new Set<JobRecord>()
  /** Those of them that were asked for without an answer. */
  readonly #unsure = new Set<JobRecord>()
  #unanswered: Asked[] = []
  #timer: unknown
  #isTime = false
  #closed = false
  readonly #running = new Set<Promise<void>>()

  constructor(
    options: { readonly store: JobStore; readonly clock: Clock; readonly logger: Logger },
    events: ClaimEvents,
  ) {
    this.#store = options.store
    this.#clock = options.clock
    this.#logger = options.logger
    this.#events = events
  }

  add(due: DueJob): void {
    this.#waiting.push(due)
    this.#begin()
  }

  /** Does its last claim wait to be asked again? */
  isUnsure(record: JobRecord): boolean {
    return this.#unsure.has(record)
  }

  /** Asks for what waits, and a last time for what had no answer; resolves when nothing is being claimed. */
  async drain(): Promise<void> {
    this.stop()
    await this.#idle()
    this.#askAgain()
    await this.#idle()
  }

  /** Asks no more by itself. */
  stop(): void {
    this.#closed = true
    this.#clock.clearTimeout(this.#timer)
  }

  #begin(): void {
    if (this.#asking) return
    this.#asking = true
    // All that is due at one wake-up is one claim.
    this.#track(Promise.resolve().then(() => void this.#ask()))
  }

  async #idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** False: nothing waits that could be claimed now. */
  #ask(): boolean {
    const fresh = new Map<JobRecord, DueJob>()
    this.#waiting = this.#waiting.filter((due) => this.#held.has(due.record) || !joins(fresh, due))
    for (const record of fresh.keys()) this.#held.add(record)
    const batch = [...fresh.values()].map((due): Asked => ({
      due,
      rules: due.record.rules,
      claim: claimOf(due),
    }))
    if (this.#isTime) batch.push(...this.#unanswered.splice(0))
    this.#isTime = false
    this.#asking = batch.length > 0
    if (this.#asking) this.#track(this.#claim(batch))
    return this.#asking
  }

  #track(work: Promise<void>): void {
    this.#running.add(work)
    void work.then(() => this.#running.delete(work))
  }

  async #claim(batch: readonly Asked[]): Promise<void> {
    const answers = await this.#store.claim(batch.map(({ claim }) => claim)).catch((error: unknown) => {
      this.#logger.warn('fire times could not be claimed yet', { jobs: batch.length, error })
    })
    if (answers === undefined) this.#keep(batch)
    // A turn of the loop, in which it is sent.
    if (this.#ask()) await nextTurn()
    if (answers !== undefined) this.#tell(batch, answers)
    if (!this.#asking) this.#ask()
  }

  #keep(batch: readonly Asked[]): void {
    for (const asked of batch) {
      this.#unsure.add(asked.due.record)
      this.#unanswered.push({ ...asked, claim: { ...asked.claim, again: true } })
    }
    if (this.#closed) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = this.#clock.setTimeout(() => this.#askAgain(), ASK_AGAIN)
  }

  #askAgain(): void {
    this.#isTime = this.#unanswered.length > 0
    if (this.#isTime) this.#begin()
  }

  #tell(batch: readonly Asked[], answers: readonly Claimed[]): void {
    const gone: JobRecord[] = []
    for (const [at, asked] of batch.entries()) {
      const { record } = asked.due
      const answer = answers[at] ?? NOTHING
      this.#grant(asked, answer)
      this.#held.delete(record)
      if (answer.gone === true) gone.push(record)
      if (this.#unsure.delete(record)) this.#events.answered(record)
    }
    if (gone.length > 0) this.#events.gone(gone)
    const ahead = new Date(this.#clock.now() + LARGEST_WAIT)
    if (batch.some(({ claim }) => claim.until > ahead)) this.#events.ahead()
  }

  #grant({ due, rules, claim }: Asked, answer: Claimed): void {
    const granted = new Set(answer.fireTimes.map((time) => time.getTime()))
    const fireTimes = grantedOf(due, claim, answer, granted)
    for (const run of claim.runs) {
      if (!granted.has(run.fireTime.getTime())) continue
      if (run.begun) noteBegun(due.record, run)
      else noteWaiting(due.record, run)
    }
    if (fireTimes.length === 0) return
    try {
      this.#events.granted(due, fireTimes, rules)
    } catch (error) {
      // The others are granted all the same.
      this.#logger.error('what was claimed of a job could not begin', { job: claim.job, error })
    }
  }
}

const NOTHING: Claimed = { accounted: new Date(8.64e15), fireTimes: [] }
