import {
  hasAttemptsLeft,
  jobMachine,
  type FiringEnd,
  type FiringInput,
  type JobFiring,
} from '../../machines/job.machine.ts'
import type { ActorPool } from '../actor-pool.ts'
import type { Clock } from '../clock.ts'
import { CallbackTypeError, DaemonEndedError, StoppingError } from '../errors.ts'
import { LightSignal } from '../light-signal.ts'
import { work } from '../work.ts'
import { beginFiring } from './begin-firing.ts'
import type { JobBook } from './job-book.ts'
import { noteWaiting, takeWaiting, type JobRecord, type JobRef } from './job-record.ts'
import type { JobFireRequest } from './scheduler.ts'

/**
 * So many jobs have their actors all the time. Above that – an actor takes 7 KB and 50 µs – a job has one from its first
 * fire time until it is idle again.
 */
const RESIDENT = 5_000

export interface JobActorsOptions {
  readonly book: JobBook
  readonly fire: (request: JobFireRequest, signal: LightSignal) => Promise<void>
  readonly clock: Clock
  readonly inPhase: (record: JobRecord) => boolean
  /** This firing wants RETRY after `delay` ms. */
  readonly retryLater: (record: JobRecord, firing: JobFiring, delay: number) => void
  /** This daemon wants DUE after `delay` ms. */
  readonly restartLater: (record: JobRecord, delay: number) => void
  /** A job whose `onError` is `stop` failed for good. */
  readonly fatal: (error: unknown) => void
}

/** The jobs' actors: one a job, in a pool. */
export class JobActors {
  readonly #options: JobActorsOptions
  readonly #pool: ActorPool
  readonly #logic: typeof jobMachine
  readonly #draining = new LightSignal()

  constructor(pool: ActorPool, options: JobActorsOptions) {
    this.#pool = pool
    this.#options = options
    this.#logic = this.#fill()
  }

  /** Is there room for one that has nothing to do? */
  get roomy(): boolean {
    return this.#pool.size < RESIDENT
  }

  /** Those that have nothing to do are too many. */
  get #crowded(): boolean {
    return this.#pool.size > RESIDENT
  }

  /** The job's actor, made where it has none. */
  of(record: JobRecord): JobRef {
    if (record.ref !== undefined) return record.ref
    const { clock, inPhase } = this.#options
    const id = `job: ${record.rules.name}`
    // One of this name that was removed may not have ended yet: not beside it.
    const ending = this.#pool.get(id)
    if (ending !== undefined) {
      record.ref = ending as JobRef
      this.replace(record)
      return record.ref
    }
    const input = {
      rules: record.rules,
      paused: record.paused,
      job: record,
      now: () => clock.now(),
      inPhase: (job: unknown) => inPhase(job as JobRecord),
    }
    record.ref = this.#pool.spawn(this.#logic, { id, input }) as JobRef
    return record.ref
  }

  /** It is another job of its name from here on. */
  replace(record: JobRecord): void {
    const { rules, paused, ref } = record
    ref?.send({ type: 'REPLACE', rules, paused, job: record })
  }

  /** Nothing that waits begins from here on. */
  drained(): Promise<void> {
    this.#draining.abort()
    return this.#pool.drained()
  }

  #fill(): typeof jobMachine {
    const { book, retryLater, restartLater, fatal } = this.#options
    return jobMachine.provide({
      actors: { firing: this.#firing() },
      guards: {
        mayRetry: ({ context }, { actorId, error }) => mayPass(error) && hasAttemptsLeft(context, actorId),
      },
      actions: {
        report: ({ context: { job, decision, running, paused } }) => {
          const record = job as JobRecord
          const { starting, late, skipped, outOfPhase, released } = decision
          book.missed(record, late, 'late')
          book.skipped(record, outOfPhase, { reason: 'when', running: running.length })
          const reason = paused ? 'paused' : 'maxInstances'
          book.skipped(record, skipped, { reason, running: running.length })
          for (const firing of starting) book.fired(record, firing)
          if (released.length > 0) void book.released(record, released)
          if (starting.length === 0) this.#rest(record)
        },
        reportFinished: ({ context }, { actorId, output }) => {
          const record = recordOf(context)
          const firing = context.running.find(({ id }) => id === actorId)
          if (firing === undefined) return
          if (output === 'taken away') book.takenAway(record, firing, context.running.length - 1)
          else book.finished(record, firing)
          this.#rest(record)
        },
        reportStarted: ({ context }, { firing }) => book.finished(recordOf(context), firing),
        reportFailed: ({ context }, { actorId, error }) => {
          const record = recordOf(context)
          const firing = context.running.find(({ id }) => id === actorId)
          if (firing !== undefined) book.failed(record, firing, error)
          if (record.config.onError === 'stop' && !(error instanceof StoppingError)) fatal(error)
          this.#rest(record)
        },
        reportRetry: ({ context }, { actorId }) => {
          const firing = context.running.find(({ id }) => id === actorId)
          if (firing !== undefined) book.retried(recordOf(context), firing, context.backOff)
        },
        awaitRetry: ({ context }, { actorId }) => {
          const record = recordOf(context)
          const firing = context.running.find(({ id }) => id === actorId)
          if (firing === undefined) return
          noteWaiting(record, firing)
          retryLater(record, firing, context.backOff)
        },
        reportDaemonEnded: ({ context }, { error }) => {
          const { startedAt, backOff, rules } = context
          book.daemonEnded(recordOf(context), startedAt, error ?? returned(rules.name), backOff)
          restartLater(recordOf(context), backOff)
        },
      },
    })
  }

  #firing() {
    const { fire } = this.#options
    return work<FiringInput, FiringEnd>(async ({ job, firing }, { light }) => {
      const record = job as JobRecord
      const { config, rules } = record
      const { fireTime } = firing
      if (
        takeWaiting(record, firing) &&
        !(await beginFiring(this.#options, record, firing, this.#draining, light.signal))
      )
        return 'taken away'
      // Only a daemon is asked to end; other firings are waited for.
      const cut = rules.daemon ? light.drain : light.signal
      if (cut.aborted) return 'ran'
      const origin = { type: 'job', job: rules.name, fireTime } as const
      const { hook, args = {}, wait } = config
      await fire({ hook, args, origin, wait }, cut)
      return 'ran'
    })
  }

  /** Where there are many actors, one that is idle is not kept: it remembers nothing. */
  #rest(record: JobRecord): void {
    if (!this.#crowded) return
    queueMicrotask(() => {
      const { ref } = record
      // Others may have gone since.
      if (!this.#crowded || ref === undefined || !ref.getSnapshot().matches({ scheduled: 'idle' })) return
      record.ref = undefined
      this.#pool.stop(ref.id)
    })
  }
}

const recordOf = ({ job }: { readonly job: unknown }): JobRecord => job as JobRecord

const returned = (daemon: string): DaemonEndedError =>
  new DaemonEndedError(`the hook of daemon "${daemon}" returned, and is to run as long as Pawl does`, {
    hint: 'Let it wait for what comes until ctx.signal is aborted; give what is done and over an interval.',
  })

/** Wrong arguments stay wrong, and who stops wants no more attempts. */
const mayPass = (error: unknown): boolean =>
  !(error instanceof StoppingError || error instanceof CallbackTypeError)
