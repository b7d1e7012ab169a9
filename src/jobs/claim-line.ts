import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import { freeSlots, noteBegun, noteWaiting, type JobRecord } from './job-record.ts'
import type { Claim, Claimed, JobStore } from './job-store.ts'

/** Fire times of a job that have come. */
export interface DueJob {
  readonly record: JobRecord
  readonly fireTimes: readonly Date[]
  /** Where `handed` was before. */
  readonly from: number
  readonly next: Date | undefined
  /** They came while the process was down, and are not to be caught up with. */
  readonly down: boolean
}

export interface ClaimEvents {
  /** These of them are this process's, and no other's. */
  readonly granted: (due: DueJob, fireTimes: readonly Date[]) => void
  /** The store cannot be reached: nothing was claimed. */
  readonly failed: (due: DueJob) => void
}

/**
 * Claims what is due before it is fired. What comes while a claim is under way goes together in the next, and the database has that
 * before the loop begins what was granted: with one after the other, 5,000 firings a second on a busy machine come seconds late.
 */
export class ClaimLine {
  readonly #store: JobStore
  readonly #events: ClaimEvents
  readonly #logger: Logger
  #waiting: DueJob[] = []
  /** Is the store being asked, or about to be? */
  #asking = false
  /** Jobs whose claim has not come to its end. What else of them is due waits for that: only then it is known how many more may run. */
  readonly #held = new Set<JobRecord>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: { readonly store: JobStore; readonly logger: Logger }, events: ClaimEvents) {
    this.#store = options.store
    this.#logger = options.logger
    this.#events = events
  }

  add(due: DueJob): void {
    this.#waiting.push(due)
    if (this.#asking) return
    this.#asking = true
    // All that is due at one wake-up is one claim.
    this.#track(Promise.resolve().then(() => void this.#ask()))
  }

  /** Resolves when nothing is being claimed. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** False: nothing waits that could be claimed now. */
  #ask(): boolean {
    const batch = new Map<JobRecord, DueJob>()
    this.#waiting = this.#waiting.filter((due) => this.#held.has(due.record) || !joins(batch, due))
    for (const record of batch.keys()) this.#held.add(record)
    this.#asking = batch.size > 0
    if (this.#asking) this.#track(this.#claim([...batch.values()]))
    return this.#asking
  }

  #track(work: Promise<void>): void {
    this.#running.add(work)
    void work.then(() => this.#running.delete(work))
  }

  async #claim(batch: readonly DueJob[]): Promise<void> {
    const claims = batch.map(claimOf)
    const answers = await this.#store.claim(claims).catch((error: unknown) => {
      this.#logger.warn('fire times could not be claimed yet', { jobs: batch.length, error })
    })
    // A turn of the loop, in which it is sent.
    if (this.#ask()) await nextTurn()
    for (const [at, due] of batch.entries()) {
      if (answers === undefined) this.#events.failed(due)
      else this.#grant(due, claims[at], answers[at] ?? NOTHING)
      this.#held.delete(due.record)
    }
    if (!this.#asking) this.#ask()
  }

  #grant(due: DueJob, claim: Claim | undefined, answer: Claimed): void {
    const granted = new Set(answer.fireTimes.map((time) => time.getTime()))
    const fireTimes = grantedOf(due, answer, granted)
    for (const run of claim?.runs ?? []) {
      if (!run.begun) noteWaiting(due.record, run)
      else if (granted.has(run.fireTime.getTime())) noteBegun(due.record, run)
    }
    if (fireTimes.length > 0) this.#events.granted(due, fireTimes)
  }
}

const NOTHING: Claimed = { accounted: new Date(8.64e15), fireTimes: [] }

/** A job that came due twice meanwhile is claimed once. False: not together with what is there of it. */
function joins(batch: Map<JobRecord, DueJob>, due: DueJob): boolean {
  const { record, fireTimes, down } = due
  const before = batch.get(record)
  if (before !== undefined && before.down !== down) return false
  batch.set(
    record,
    before === undefined
      ? due
      : { ...due, from: before.from, fireTimes: [...before.fireTimes, ...fireTimes] },
  )
  return true
}

function claimOf({ record, fireTimes, next, down }: DueJob): Claim {
  const { rules } = record
  const until = fireTimes.at(-1) ?? new Date(0)
  const free = freeSlots(record)
  const runs = down
    ? []
    : rules.coalesce
      ? [{ fireTime: until, fireTimes: fireTimes.length, begun: free > 0 }]
      : fireTimes.map((fireTime, at) => ({ fireTime, fireTimes: 1, begun: at < free }))
  return { job: rules.name, until, next, runs }
}

function grantedOf(
  { record: { rules }, fireTimes, down }: DueJob,
  { accounted }: Claimed,
  granted: ReadonlySet<number>,
): readonly Date[] {
  if (!down && granted.size === 0) return []
  if (down || rules.coalesce) return fireTimes.filter((time) => time > accounted)
  return fireTimes.filter((time) => granted.has(time.getTime()))
}
