import type { JobFiring, JobRules } from '../../machines/job.machine.ts'
import type { JobConfig } from '../config/config.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { Logger } from '../logger.ts'
import type { JobState, JobStore } from './job-store.ts'
import type { Trigger } from './trigger.ts'

/** One job while it runs. */
export interface JobRecord {
  readonly config: JobConfig
  readonly rules: JobRules
  readonly trigger: Trigger
  readonly state: JobState
  /** Every fire time up to here was given to the job's actor. */
  handed: Date
}

/** What became of the jobs' fire times: counted, stored, told and logged, all of it here. */
export class JobBook {
  readonly #store: JobStore
  readonly #emit: EmitPawlEvent
  readonly #logger: Logger

  constructor(options: { readonly store: JobStore; readonly emit: EmitPawlEvent; readonly logger: Logger }) {
    this.#store = options.store
    this.#emit = options.emit
    this.#logger = options.logger
  }

  /** All that was given to the job is accounted for, but what is from `waiting` on. */
  account(record: JobRecord, waiting: Date | undefined): void {
    record.state.accounted = waiting === undefined ? record.handed : new Date(waiting.getTime() - 1)
  }

  /** The hook was refused because Pawl stops, so it did not run: its fire time is due at the next start. */
  giveBack({ state }: JobRecord, fireTime: Date | undefined): void {
    if (fireTime === undefined || fireTime > state.accounted) return
    state.accounted = new Date(fireTime.getTime() - 1)
  }

  /** Not saved here: a firing saves before it runs, so that a crash cannot make it run twice. */
  fired({ state }: JobRecord, { fireTime, fireTimes }: JobFiring): void {
    state.fired++
    state.coalesced += Math.max(fireTimes - 1, 0)
    state.lastFireTime = fireTime ?? state.lastFireTime
    this.#emit({ type: 'job.fired', job: state.name, fireTime, fireTimes })
    this.#logger.debug('job fired', { job: state.name, fireTime, fireTimes })
  }

  missed({ state }: JobRecord, fireTimes: readonly Date[]): void {
    if (fireTimes.length === 0) return
    const count = fireTimes.length
    state.missed += count
    this.#emit({ type: 'job.missed', job: state.name, fireTimes, count })
    this.save(state)
  }

  skipped({ state }: JobRecord, fireTimes: readonly Date[], running: number): void {
    if (fireTimes.length === 0) return
    state.skipped += fireTimes.length
    for (const fireTime of fireTimes) this.#emit({ type: 'job.skipped', job: state.name, fireTime, running })
    this.save(state)
  }

  finished({ state }: JobRecord): void {
    this.save(state)
  }

  /** A firing threw, or a daemon ended (no error: it returned), to be started again after `restartIn` ms. */
  failed({ state }: JobRecord, error: unknown, restartIn?: number): void {
    state.failed++
    state.lastError = error === undefined ? 'the daemon returned' : messageOf(error)
    this.#emit({ type: 'job.failed', job: state.name, error, restartIn })
    this.save(state)
  }

  capped({ state }: JobRecord, counted: number): void {
    this.#logger.warn('more fire times were due at once than are counted', { job: state.name, counted })
  }

  /** Saves in the background: a row is written whole, so the next save makes up for one that fails. */
  save(state: JobState): void {
    this.#store.save(state).catch((error: unknown) => {
      this.#logger.warn('the state of a job could not be stored yet', { job: state.name, error })
    })
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, cause } = error
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${cause.message}` : message
}
