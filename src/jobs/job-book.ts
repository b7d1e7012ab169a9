import type { JobFiring } from '../../machines/job.machine.ts'
import { StoppingError } from '../errors.ts'
import type { EmitPawlEvent, JobMissReason, JobSkipReason } from '../events.ts'
import type { Logger } from '../logger.ts'
import { takeBegun, takeWaiting, type JobRecord } from './job-record.ts'
import type { JobStore, JobTally, Run, RunStatus } from './job-store.ts'
import { reasonOf } from '../text/reason-of.ts'

/** What became of the jobs' fire times: counted, stored, told and logged, all of it here. */
export class JobBook {
  readonly #store: JobStore
  readonly #emit: EmitPawlEvent
  readonly #logger: Logger
  readonly #now: () => number

  constructor(options: {
    readonly store: JobStore
    readonly emit: EmitPawlEvent
    readonly logger: Logger
    readonly now: () => number
  }) {
    this.#store = options.store
    this.#emit = options.emit
    this.#logger = options.logger
    this.#now = options.now
  }

  /** Its row says so already, or will before it runs. */
  fired(record: JobRecord, firing: JobFiring): void {
    const { name } = record.rules
    const { fireTime, fireTimes } = firing
    this.#emit({ type: 'job.fired', job: name, fireTime, fireTimes })
    // Not an attempt after the first; and its claim has counted most.
    const counted = takeBegun(record, firing) || firing.attempt > 1
    const coalesced = firing.attempt > 1 ? 0 : fireTimes - 1
    if (counted && coalesced <= 0) return
    void this.#save(name, {
      ...(coalesced > 0 ? { coalesced } : {}),
      ...(counted ? {} : { fired: 1, ...(fireTime === undefined ? {} : { lastFireTime: fireTime }) }),
    })
  }

  /**
   * Resolves when its row says that it runs: from then on a crash cannot make it run again without its being seen. False: it is
   * another process's, or has run. Asked again, it takes the same `startedAt`: the answer may have been lost.
   */
  begun({ rules: { name } }: JobRecord, firing: JobFiring, startedAt: Date): Promise<boolean> {
    return this.#store.record(name, {}, { ...this.#run(name, firing, 'running'), startedAt })
  }

  /** It waits until it can be noted as begun. */
  notBegun({ rules: { name } }: JobRecord, { fireTime }: JobFiring, error: unknown): void {
    this.#logger.warn('that a firing begins could not be stored yet: it waits', {
      job: name,
      fireTime,
      error,
    })
  }

  /** This process was taken for dead, and another has it now: it is not run here. */
  takenAway({ rules: { name } }: JobRecord, firing: JobFiring, running: number): void {
    const { fireTime = new Date(0) } = firing
    this.#emit({ type: 'job.skipped', job: name, fireTime, running, reason: 'elsewhere' })
    void this.#save(name, notFired(firing))
  }

  missed(record: JobRecord, late: readonly JobFiring[], reason: JobMissReason): void {
    if (late.length === 0) return
    const count = sum(late)
    const fireTimes = late.flatMap(({ fireTime }) => fireTime ?? [])
    const { name: job } = record.rules
    this.#emit({ type: 'job.missed', job, fireTimes, count, reason })
    this.#settle(record, late, 'missed', { missed: count })
  }

  skipped(
    record: JobRecord,
    skipped: readonly JobFiring[],
    { reason, running }: { readonly reason: JobSkipReason; readonly running: number },
  ): void {
    if (skipped.length === 0) return
    const { name: job } = record.rules
    for (const { fireTime } of skipped)
      if (fireTime !== undefined) this.#emit({ type: 'job.skipped', job, fireTime, running, reason })
    const count = sum(skipped)
    this.#settle(record, skipped, 'skipped', { skipped: count })
  }

  /** They are for another start, or another process. Resolves when that is stored, or could not be yet. */
  async released(record: JobRecord, firings: readonly JobFiring[]): Promise<void> {
    const { name } = record.rules
    await Promise.all(
      firings.map((firing) => {
        takeWaiting(record, firing)
        return this.#save(name, uncounted(record, firing), this.#releasedRun(name, firing))
      }),
    )
  }

  finished(record: JobRecord, firing: JobFiring): void {
    takeWaiting(record, firing)
    if (firing.fireTime === undefined) return
    const { name } = record.rules
    void this.#save(name, {}, { ...this.#run(name, firing, 'succeeded'), finishedAt: new Date(this.#now()) })
  }

  failed({ rules: { name } }: JobRecord, firing: JobFiring, error: unknown): void {
    if (error instanceof StoppingError) {
      // It did not run: its fire time is due at the next start.
      this.#emit({ type: 'job.failed', job: name, error, restartIn: undefined })
      void this.#save(name, notFired(firing), this.#releasedRun(name, firing))
      return
    }
    this.#emit({ type: 'job.failed', job: name, error, restartIn: undefined })
    const message = messageOf(error)
    void this.#save(
      name,
      { failed: 1, lastError: message },
      { ...this.#run(name, firing, 'failed'), finishedAt: new Date(this.#now()), error: message },
    )
  }

  /** The process that ran it died, and it has no attempt left. */
  lost({ rules: { name } }: JobRecord, firing: JobFiring): void {
    const error = firing.failure?.error
    this.#emit({ type: 'job.failed', job: name, error, restartIn: undefined })
    const message = messageOf(error)
    void this.#save(
      name,
      { failed: 1, lastError: message },
      { ...this.#run(name, firing, 'lost'), finishedAt: new Date(this.#now()), error: message },
    )
  }

  /** `firing` is the attempt that is to come, after `delay` ms. */
  retried({ rules: { name } }: JobRecord, firing: JobFiring, delay: number): void {
    const { fireTime, attempt, failure } = firing
    const error = failure?.error
    this.#emit({ type: 'job.retried', job: name, fireTime, attempt, delay, error })
    void this.#save(name, { retried: 1, lastError: messageOf(error) }, this.#waitingRun(name, firing))
  }

  /** A daemon threw, or ended by itself, to be started again after `restartIn` ms. */
  daemonEnded({ rules: { name } }: JobRecord, startedAt: number, error: unknown, restartIn: number): void {
    this.#emit({ type: 'job.failed', job: name, error, restartIn })
    const message = messageOf(error)
    const fireTime = new Date(startedAt)
    const finishedAt = new Date(this.#now())
    const run: Run = { job: name, fireTime, fireTimes: 1, status: 'failed', attempt: 1, byHand: false }
    void this.#save(
      name,
      { failed: 1, lastError: message },
      { ...run, startedAt: fireTime, finishedAt, error: message },
    )
  }

  /** A firing of a job that is not here any more. */
  homeless({ job, fireTime, fireTimes, attempt, byHand }: Omit<Run, 'status'>): void {
    this.#emit({ type: 'job.skipped', job, fireTime, running: 0, reason: 'removed' })
    const run: Run = { job, fireTime, fireTimes, attempt, byHand, status: 'skipped' }
    void this.#save(
      job,
      { skipped: attempt > 1 ? 1 : fireTimes },
      { ...run, finishedAt: new Date(this.#now()) },
    )
  }

  capped({ rules: { name } }: JobRecord, counted: number, last: Date): void {
    this.#emit({ type: 'job.capped', job: name, counted, last })
  }

  /** Fire times that are not run have rows, too: one each, or one for all that would have been one firing. */
  #settle(record: JobRecord, firings: readonly JobFiring[], status: RunStatus, tally: JobTally): void {
    const { name, coalesce } = record.rules
    const finishedAt = new Date(this.#now())
    const last = firings.at(-1)
    let [told, fireTimes] = [tally, 0]
    for (const firing of firings) {
      fireTimes += firing.fireTimes
      const counts = uncounted(record, firing)
      // What waited, or was claimed to begin, has its row.
      const isNamed = takeWaiting(record, firing) || counts.fired !== undefined || firing === last
      if (coalesce && !isNamed) continue
      const run = { ...this.#run(name, firing, status), fireTimes, finishedAt }
      void this.#save(name, { ...told, ...counts }, run)
      told = {}
      fireTimes = 0
    }
  }

  #releasedRun(job: string, firing: JobFiring): Run {
    return { ...this.#waitingRun(job, firing), released: true }
  }

  /** Its row says why it is run again, and from when on. */
  #waitingRun(job: string, firing: JobFiring): Run {
    const { failure } = firing
    const run = this.#run(job, firing, 'due')
    if (failure === undefined) return run
    return { ...run, retryAt: new Date(failure.retryAt), error: messageOf(failure.error) }
  }

  #run(job: string, firing: JobFiring, status: RunStatus): Run {
    const { fireTime = new Date(0), fireTimes, attempt, byHand } = firing
    return { job, fireTime, fireTimes, status, attempt, byHand }
  }

  /** In the background: the store tries again what it could not write. */
  async #save(job: string, tally: JobTally, run?: Run): Promise<void> {
    try {
      await this.#store.record(job, tally, run)
    } catch (error) {
      this.#logger.warn('what became of a job could not be stored yet', { job, error })
    }
  }
}

/** It was counted when it began, and has not run: it is counted once more when it does. */
const notFired = ({ attempt, fireTimes }: JobFiring): JobTally =>
  attempt > 1 ? {} : { fired: -1, ...(fireTimes > 1 ? { coalesced: 1 - fireTimes } : {}) }

/** Where its claim counted it: it is not run after all. */
const uncounted = (record: JobRecord, firing: JobFiring): JobTally =>
  takeBegun(record, firing) ? { fired: -1 } : {}

const sum = (firings: readonly JobFiring[]): number =>
  firings.reduce((total, { fireTimes }) => total + fireTimes, 0)

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return reasonOf(error)
  const { message, cause } = error
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${cause.message}` : message
}
