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

/** Claims what is due before it is fired: what comes while a claim is under way goes together in the next. */
export class ClaimLine {
  readonly #store: JobStore
  readonly #events: ClaimEvents
  readonly #logger: Logger
  #waiting: DueJob[] = []
  #running: Promise<void> | undefined

  constructor(options: { readonly store: JobStore; readonly logger: Logger }, events: ClaimEvents) {
    this.#store = options.store
    this.#logger = options.logger
    this.#events = events
  }

  add(due: DueJob): void {
    this.#waiting.push(due)
    this.#running ??= this.#run()
  }

  /** Resolves when nothing is being claimed. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    // All that is due at one wake-up is one claim.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = new Map<JobRecord, DueJob>()
      this.#waiting = this.#waiting.filter((due) => !joins(batch, due))
      await this.#claim([...batch.values()])
    }
    this.#running = undefined
  }

  async #claim(batch: readonly DueJob[]): Promise<void> {
    const claims = batch.map(claimOf)
    let answers: readonly Claimed[]
    try {
      answers = await this.#store.claim(claims)
    } catch (error) {
      this.#logger.warn('fire times could not be claimed yet', { jobs: batch.length, error })
      for (const due of batch) this.#events.failed(due)
      return
    }
    for (const [at, due] of batch.entries()) {
      const answer = answers[at] ?? NOTHING
      const granted = new Set(answer.fireTimes.map((time) => time.getTime()))
      const fireTimes = grantedOf(due, answer, granted)
      for (const run of claims[at]?.runs ?? []) {
        if (!run.begun) noteWaiting(due.record, run)
        else if (granted.has(run.fireTime.getTime())) noteBegun(due.record, run)
      }
      if (fireTimes.length > 0) this.#events.granted(due, fireTimes)
    }
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
