import type { ActorRefFrom } from 'xstate'
import { jobMachine, type JobRules } from '../../machines/job.machine.ts'
import type { ActorPool } from '../actor-pool.ts'
import type { Clock } from '../clock.ts'
import type { JobConfig, JobConfigs } from '../config/config.ts'
import { ConfigurationError, StoppingError } from '../errors.ts'
import { work } from '../work.ts'
import { dueFireTimes } from './due-fire-times.ts'
import { JobBook, type JobRecord } from './job-book.ts'
import type { JobState } from './job-store.ts'
import type { SchedulerOptions } from './scheduler.ts'
import { LARGEST_WAIT, Timekeeper } from './timekeeper.ts'
import { checkTrigger, parseTrigger, type Trigger } from './trigger.ts'

type JobRef = ActorRefFrom<typeof jobMachine>

/** The jobs of a running scheduler: one actor each in a pool, one timer for all. */
export class Roster {
  readonly #options: SchedulerOptions
  readonly #clock: Clock
  readonly #book: JobBook
  readonly #records: ReadonlyMap<string, JobRecord>
  readonly #timekeeper: Timekeeper<JobRecord>
  readonly #logic: typeof jobMachine
  #pool: ActorPool | undefined

  private constructor(options: SchedulerOptions, records: ReadonlyMap<string, JobRecord>) {
    this.#options = options
    this.#clock = options.clock
    this.#book = new JobBook(options)
    this.#records = records
    this.#timekeeper = new Timekeeper(options.clock, {
      due: (record, now) => this.#due(record, new Date(now)),
      setBack: (now) => this.#setBack(new Date(now)),
    })
    this.#logic = this.#jobLogic()
  }

  /** Reads the triggers and the rows. @throws ConfigurationError, and whatever the store throws. */
  static async load(options: SchedulerOptions): Promise<Roster> {
    const triggers = readTriggers(options.jobs, options.timezone)
    const known = [...triggers].map(([name, { config, trigger }]) => ({
      name,
      hook: config.hook,
      schedule: trigger.describe(),
    }))
    const now = new Date(options.clock.now())
    const states = await options.store.load(known, now)
    const records = new Map<string, JobRecord>()
    for (const [name, { config, trigger }] of triggers) {
      const state = states.get(name)
      if (state === undefined) throw new Error(`the job store did not return the job "${name}"`)
      records.set(name, recordOf(name, config, trigger, state, now))
    }
    return new Roster(options, records)
  }

  start(pool: ActorPool): void {
    this.#pool = pool
    const now = (): number => this.#clock.now()
    for (const record of this.#records.values()) {
      const { rules, state } = record
      pool.spawn(this.#logic, { id: `job: ${rules.name}`, input: { rules, paused: state.paused, now } })
      if (!state.paused) this.#await(record, record.trigger.next(record.handed))
    }
    this.#timekeeper.start()
  }

  /** Fires no more, asks daemons to end; resolves when all that ran has ended and is stored. */
  async drain(): Promise<void> {
    this.#timekeeper.stop()
    for (const record of this.#records.values()) this.#ref(record)?.send({ type: 'RETIRE' })
    await this.#pool?.drained()
    await this.#options.store.settled()
  }

  /** False when there is no such job. */
  pause(name: string): boolean {
    const record = this.#records.get(name)
    if (record === undefined) return false
    record.state.paused = true
    this.#timekeeper.delete(record)
    this.#ref(record)?.send({ type: 'PAUSE' })
    this.#book.save(record.state)
    return true
  }

  /** Fire times that passed meanwhile are not due: they were paused, not missed. False when there is no such job. */
  resume(name: string): boolean {
    const record = this.#records.get(name)
    if (record === undefined) return false
    if (!record.state.paused) return true
    record.state.paused = false
    this.#restartFrom(record, new Date(this.#clock.now()))
    this.#ref(record)?.send({ type: 'RESUME' })
    this.#book.save(record.state)
    return true
  }

  #due(record: JobRecord, now: Date): void {
    const ref = this.#ref(record)
    if (record.rules.daemon) {
      ref?.send({ type: 'DUE', fireTimes: [] })
      return
    }
    const { fireTimes, capped, next } = dueFireTimes(record.trigger, record.handed, now)
    this.#await(record, next)
    const last = fireTimes.at(-1)
    if (last === undefined) return
    if (capped) this.#book.capped(record, fireTimes.length)
    record.handed = last
    ref?.send({ type: 'DUE', fireTimes })
  }

  /** The clock was wrong before: what it said then counts for nothing. */
  #setBack(now: Date): void {
    this.#options.logger.warn('the clock was set back by hours: all fire times are reckoned anew', { now })
    for (const record of this.#records.values()) {
      if (record.state.paused) continue
      // A daemon that waits for its restart gets it now; to one that runs this is nothing.
      if (record.rules.daemon) this.#timekeeper.set(record, now.getTime())
      else this.#restartFrom(record, now)
    }
  }

  #restartFrom(record: JobRecord, now: Date): void {
    record.handed = now
    record.state.accounted = now
    this.#await(record, record.trigger.next(now))
  }

  #await(record: JobRecord, next: Date | undefined): void {
    record.state.nextFireTime = next
    if (next === undefined) this.#timekeeper.delete(record)
    else this.#timekeeper.set(record, next.getTime())
  }

  #ref({ rules }: JobRecord): JobRef | undefined {
    return this.#pool?.get(`job: ${rules.name}`) as JobRef | undefined
  }

  #record(name: string): JobRecord {
    const record = this.#records.get(name)
    if (record === undefined) throw new Error(`no job "${name}" is on the roster`)
    return record
  }

  #jobLogic(): typeof jobMachine {
    const book = this.#book
    const recordOf = ({ context }: { readonly context: { readonly rules: JobRules } }): JobRecord =>
      this.#record(context.rules.name)
    return jobMachine.provide({
      actors: { firing: this.#firingLogic() },
      actions: {
        account: (job) => book.account(recordOf(job), job.context.queue[0]?.fireTime),
        reportFired: (job) => {
          for (const firing of job.context.starting) book.fired(recordOf(job), firing)
        },
        reportMissed: (job) => book.missed(recordOf(job), job.context.late),
        reportSkipped: (job) => book.skipped(recordOf(job), job.context.skipped, job.context.running.length),
        reportFinished: (job) => book.finished(recordOf(job)),
        reportFailed: (job, { error }) => book.failed(recordOf(job), error),
        reportDaemonEnded: (job, { error }) => {
          const { backOff } = job.context
          book.failed(recordOf(job), error, backOff)
          this.#timekeeper.set(recordOf(job), this.#clock.now() + backOff)
        },
      },
    })
  }

  #firingLogic() {
    const { store, fire } = this.#options
    return work<{ readonly job: string; readonly fireTime: Date | undefined }, void>(
      async ({ job, fireTime }, { drain, signal }) => {
        const { config, rules, state } = this.#record(job)
        // First the row: a crash from here on cannot make this fire time run twice.
        await store.save(state)
        // Only a daemon is asked to end; other firings are waited for.
        const cut = rules.daemon ? drain : signal
        if (cut.aborted) return
        try {
          await fire(
            { hook: config.hook, args: config.args ?? {}, origin: { type: 'job', job, fireTime } },
            cut,
          )
        } catch (error) {
          if (error instanceof StoppingError) this.#book.giveBack(this.#record(job), fireTime)
          throw error
        }
      },
    )
  }
}

type Parsed = ReadonlyMap<string, { readonly config: JobConfig; readonly trigger: Trigger }>

function readTriggers(jobs: JobConfigs, timezone: string): Parsed {
  const issues = Object.entries(jobs).flatMap(([name, config]) =>
    checkTrigger(config, { timezone }).map(({ path, message }) => ({
      path: ['jobs', name, path].filter(Boolean).join('.'),
      message,
    })),
  )
  if (issues.length > 0) throw new ConfigurationError(issues)
  return new Map(
    Object.entries(jobs).map(([name, config]) => [
      name,
      { config, trigger: parseTrigger(config, { timezone }) },
    ]),
  )
}

function recordOf(name: string, config: JobConfig, trigger: Trigger, state: JobState, now: Date): JobRecord {
  // Stored by a clock that ran hours ahead: waiting for it to come true could take years.
  if (state.accounted.getTime() > now.getTime() + LARGEST_WAIT) state.accounted = now
  return {
    config,
    rules: {
      name,
      daemon: trigger.kind === 'daemon',
      maxInstances: config.maxInstances ?? 1,
      coalesce: config.coalesce ?? true,
      misfireGrace: config.misfireGraceTime === undefined ? undefined : config.misfireGraceTime * 1_000,
    },
    trigger: trigger.anchoredAt(state.anchor),
    state,
    handed: state.accounted,
  }
}
