import { FIRING, type JobFiring } from '../../machines/job.machine.ts'
import type { Clock } from '../clock.ts'
import { FiringLostError } from '../errors.ts'
import type { JobBook } from './job-book.ts'
import { noteWaiting, type JobRecord, type JobRef } from './job-record.ts'
import type { Run } from './job-store.ts'

export interface WaitingFiring {
  readonly record: JobRecord
  readonly firing: JobFiring
  /** Another process left it behind, or somebody asked for it: the job's actor does not know of it yet. */
  readonly adopted: boolean
}

export interface WaitingFiringsJobs {
  readonly book: JobBook
  /** Undefined: there is no such job here. */
  readonly recordOf: (name: string) => JobRecord | undefined
  readonly actorOf: (record: JobRecord) => JobRef | undefined
  /** `due` is to be called for it after so many ms. */
  readonly wakeIn: (waiting: WaitingFiring, delay: number) => void
}

/** Firings that wait for their next attempt, and those that nobody has: asked for by hand, or left behind by a process that died. */
export class WaitingFirings {
  readonly #clock: Clock
  readonly #fatal: (error: unknown) => void
  readonly #jobs: WaitingFiringsJobs
  readonly #waiting = new Set<WaitingFiring>()
  #released = false

  constructor(
    { clock, fatal }: { readonly clock: Clock; readonly fatal: (error: unknown) => void },
    jobs: WaitingFiringsJobs,
  ) {
    this.#clock = clock
    this.#fatal = fatal
    this.#jobs = jobs
  }

  retry(record: JobRecord, firing: JobFiring, delay: number): void {
    this.#wait({ record, firing, adopted: false }, delay)
  }

  /** Goes on with a run that this process took over. */
  adopt(run: Run): void {
    const { book, recordOf } = this.#jobs
    const record = recordOf(run.job)
    const lost = run.status === 'running'
    const firing = lost ? this.#lostFiring(run) : leftFiring(run)
    if (record === undefined || !isFor(record, firing)) return book.homeless(run)
    if (lost && !this.#mayRunAgain(record, firing)) return
    noteWaiting(record, firing)
    // Stored by a clock that may have been ahead.
    const delay = Math.min((firing.failure?.retryAt ?? 0) - this.#clock.now(), record.rules.backOff.longest)
    const waiting = { record, firing, adopted: true }
    if (delay > 0) this.#wait(waiting, delay)
    else this.due(waiting)
  }

  /** The time of one has come. */
  due(waiting: WaitingFiring): void {
    const { record, firing, adopted } = waiting
    this.#waiting.delete(waiting)
    if (this.#released) return void this.#jobs.book.released(record, [firing])
    if (adopted) this.#begin(waiting)
    // Of a job that was removed its actor gave it back.
    else if (this.#jobs.recordOf(record.rules.name) === record)
      record.ref?.send({ type: 'RETRY', firing: firing.id })
  }

  #begin({ record, firing }: WaitingFiring): void {
    const { book, recordOf, actorOf } = this.#jobs
    const { name } = record.rules
    // The job may have been replaced since, or be gone.
    const current = recordOf(name)
    if (current === undefined || !isFor(current, firing))
      return book.homeless({ ...firing, job: name, fireTime: firing.fireTime ?? new Date(0) })
    if (current !== record) noteWaiting(current, firing)
    actorOf(current)?.send({ type: isAskedFor(firing) ? 'RUN' : 'ADOPT', firing })
  }

  wakeAll(): void {
    for (const waiting of this.#waiting) this.#jobs.wakeIn(waiting, 0)
  }

  /** Leaves them to others, from here on. Those that a job's actor knows of it releases itself. */
  release(): void {
    this.#released = true
    for (const { record, firing, adopted } of this.#waiting)
      if (adopted) void this.#jobs.book.released(record, [firing])
  }

  /** The process that ran it died; `firing` is the attempt that would come now. */
  #mayRunAgain(record: JobRecord, firing: JobFiring): boolean {
    const { rules, config } = record
    const { book } = this.#jobs
    if (firing.attempt <= rules.attempts) {
      book.retried(record, firing, 0)
      return true
    }
    book.lost(record, { ...firing, attempt: firing.attempt - 1 })
    if (config.onError === 'stop') this.#fatal(firing.failure?.error)
    return false
  }

  /** The attempt that comes after the one that was lost. */
  #lostFiring({ job, fireTime, fireTimes, attempt, byHand }: Run): JobFiring {
    const error = new FiringLostError(
      `the process that ran job "${job}" for ${fireTime.toISOString()} ended before it did`,
      { hint: 'Give the job retry: { attempts: 2 } to have such firings run again.' },
    )
    const failure = { error, retryAt: this.#clock.now() }
    return { ...FIRING, fireTime, fireTimes, byHand, attempt: attempt + 1, failure }
  }

  #wait(waiting: WaitingFiring, delay: number): void {
    this.#waiting.add(waiting)
    this.#jobs.wakeIn(waiting, delay)
  }
}

/** As it waited when it was left behind. */
function leftFiring({ fireTime, fireTimes, attempt, byHand, retryAt, error }: Run): JobFiring {
  const failure = retryAt === undefined ? undefined : { error, retryAt: retryAt.getTime() }
  return { ...FIRING, fireTime, fireTimes, byHand, attempt, failure }
}

const isAskedFor = ({ byHand, attempt }: JobFiring): boolean => byHand && attempt === 1

/** A daemon takes over no firing: it had a schedule when that was due. */
const isFor = ({ rules }: JobRecord, firing: JobFiring): boolean => !rules.daemon || isAskedFor(firing)
