import { FIRING, type JobFiring, type JobRules } from '../../machines/job.machine.ts'
import type { ActorPool } from '../actor-pool.ts'
import { ClaimLine } from './claim-line.ts'
import { dueFireTimes } from './due-fire-times.ts'
import type { DueJob } from './due-job.ts'
import { JobActors } from './job-actors.ts'
import { JobBook } from './job-book.ts'
import type { JobRecord } from './job-record.ts'
import { JobReader } from './job-reader.ts'
import { Rewinder } from './rewinder.ts'
import { RowFollower } from './row-follower.ts'
import type { SchedulerOptions } from './scheduler.ts'
import { Timekeeper } from './timekeeper.ts'
import { WaitingFirings, type WaitingFiring } from './waiting-firings.ts'

/** ms between two times that old runs are forgotten; more often where they are kept for less. */
const PRUNE_EVERY = 3_600_000

/** The jobs of a running scheduler: one actor each in a pool, one timer for all. */
export class Roster {
  readonly #options: SchedulerOptions
  readonly #book: JobBook
  readonly #records = new Map<string, JobRecord>()
  readonly #timekeeper: Timekeeper<JobRecord | WaitingFiring>
  readonly #claims: ClaimLine
  readonly #waiting: WaitingFirings
  readonly #follower: RowFollower
  readonly #rewinder: Rewinder
  #actors: JobActors | undefined
  #synchronized: boolean | undefined
  /** Fire times up to here (ms) came while no process was there to fire them. */
  #downUntil = 0
  #draining = false
  /** Nothing can begin any more, and nobody waits for the end. */
  #stopped = false
  #prunedAt = -Infinity

  private constructor(options: SchedulerOptions, reader: JobReader) {
    this.#options = options
    const { clock } = options
    this.#book = new JobBook({ ...options, now: () => clock.now() })
    this.#timekeeper = new Timekeeper(clock, {
      due: (key, now) => ('adopted' in key ? this.#waiting.due(key) : this.#due(key, now)),
      setBack: (now) => this.#setBack(now),
    })
    this.#rewinder = new Rewinder({ ...options, rewound: () => void this.refresh() })
    this.#claims = new ClaimLine(options, {
      granted: (due, fireTimes, rules) => this.#granted(due, fireTimes, rules),
      answered: (record) => this.#reckon(record),
      ahead: () => void this.#rewinder.rewind(),
      gone: (records) => this.#dropGone(records),
    })
    this.#waiting = new WaitingFirings(options, {
      book: this.#book,
      recordOf: (name) => this.#records.get(name),
      actorOf: (record) => this.#actors?.of(record),
      wakeIn: (waiting, delay) => this.#timekeeper.wait(waiting, delay),
    })
    this.#follower = new RowFollower(
      { ...options, reader, records: this.#records },
      {
        begin: (record) => this.#begin(record),
        replaced: (record) => {
          this.#timekeeper.delete(record)
          this.#actors?.replace(record)
          this.#begin(record)
        },
        unschedule: (record) => this.#timekeeper.delete(record),
        restartFrom: (record, time) => this.#restartFrom(record, time),
        changed: (records) => this.#plan(records),
      },
    )
  }

  /** Reads the triggers and the rows. @throws ConfigurationError, and whatever the store throws. */
  static async load(options: SchedulerOptions): Promise<Roster> {
    const reader = new JobReader(options)
    const roster = new Roster(options, reader)
    // Before the rows are read: what is changed meanwhile, here or elsewhere, is noted, and read when the jobs run.
    options.desk.attach(roster)
    const since = await options.store.join(
      {
        changed: (name) => void roster.refresh([name]),
        unheard: () => void roster.refresh(),
        look: () => void roster.look(),
      },
      () => new Date(options.clock.now()),
    )
    roster.#downUntil = since.getTime()
    for (const [name, record] of await reader.load()) roster.#records.set(name, record)
    return roster
  }

  start(pool: ActorPool, { synchronized }: { readonly synchronized: boolean }): void {
    if (this.#draining) return
    const { clock, fire, fatal, emit } = this.#options
    // A phase may have been told since.
    this.#synchronized ??= synchronized
    const actors = new JobActors(pool, {
      book: this.#book,
      fire,
      fatal,
      clock,
      inPhase: ({ config }) => this.#inPhase(config.when),
      retryLater: (record, firing, delay) => this.#waiting.retry(record, firing, delay),
      restartLater: (record, delay) => this.#timekeeper.wait(record, delay),
    })
    this.#actors = actors
    // Also where nobody drains: a timer would keep the process alive, and nothing can begin any more.
    pool.onClose(() => {
      this.#stopped = true
      this.#stop()
    })
    for (const record of this.#records.values()) this.#begin(record)
    this.#plan(this.#records.values())
    this.#timekeeper.start()
    this.#follower.start()
    if (this.#records.size > 0) emit({ type: 'jobs.scheduled', jobs: this.#records.size })
    void this.look()
  }

  /** Fires no more, asks daemons to end; resolves when all that ran has ended and is stored. */
  async drain(): Promise<void> {
    this.#stop()
    await this.#claims.drain()
    this.#waiting.release()
    for (const { ref } of this.#records.values()) ref?.send({ type: 'RETIRE' })
    await this.#actors?.drained()
    const { store, logger } = this.#options
    await store.settled()
    await store.leave().catch((error: unknown) => {
      logger.warn('the jobs could not be given back; others wait a few seconds for them', { error })
    })
  }

  #stop(): void {
    this.#draining = true
    this.#timekeeper.stop()
    this.#follower.close()
    this.#claims.stop()
    this.#rewinder.stop()
  }

  setPhase({ synchronized }: { readonly synchronized: boolean }): void {
    if (this.#synchronized === synchronized) return
    this.#synchronized = synchronized
    for (const { config, ref } of this.#records.values()) {
      if ((config.when ?? 'always') !== 'always') ref?.send({ type: 'PHASE' })
    }
  }

  /** See `RowFollower.refresh`. */
  refresh(names?: readonly string[]): Promise<void> {
    return this.#follower.refresh(names)
  }

  /** Takes what was asked for, and what processes that died have left behind. */
  async look(): Promise<void> {
    if (this.#actors === undefined || this.#draining) return
    const { store, clock, logger, retention } = this.#options
    try {
      const runs = await store.takeOver((job) => this.#records.has(job))
      if (this.#stopped) return
      for (const run of runs) this.#waiting.adopt(run)
      const now = clock.now()
      if (Math.abs(now - this.#prunedAt) < Math.min(PRUNE_EVERY, retention)) return
      this.#prunedAt = now
      await store.prune(new Date(now - retention))
    } catch (error) {
      logger.warn('firings that were left behind could not be looked for', { error })
    }
  }

  #begin(record: JobRecord): void {
    if (record.rules.daemon || this.#actors?.roomy === true) this.#actors?.of(record)
    if (!record.paused) this.#restartFrom(record, record.handed)
  }

  #inPhase(when: JobRecord['config']['when'] = 'always'): boolean {
    return when === 'always' || (when === 'synchronized') === this.#synchronized
  }

  #due(record: JobRecord, now: number, { down = false } = {}): void {
    if (record.rules.daemon) {
      record.ref?.send({ type: 'DUE', fireTimes: [] })
      return
    }
    // Reckoned when its last claim is answered.
    if (this.#claims.isUnsure(record)) return
    const { fireTimes, capped, next } = dueFireTimes(record.trigger, new Date(record.handed), new Date(now))
    this.#await(record, next)
    const last = fireTimes.at(-1)
    if (last === undefined) return
    if (capped) this.#book.capped(record, fireTimes.length, last)
    record.handed = last.getTime()
    this.#claims.add({ record, fireTimes, next, down })
  }

  #granted({ record, down }: DueJob, fireTimes: readonly Date[], rules: JobRules): void {
    const firings = fireTimes.map((fireTime): JobFiring => ({ ...FIRING, fireTime }))
    if (down) return this.#book.missed(record, firings, 'down')
    // It is another job by now, or none: whoever has that, this process too, takes them as they were claimed.
    if (this.#draining || !this.#isHere(record) || record.rules !== rules) {
      const last = firings.slice(-1).map((firing) => ({ ...firing, fireTimes: firings.length }))
      const released = this.#book.released(record, rules.coalesce ? last : firings)
      return void released.then(() => this.look())
    }
    // Since it was claimed.
    if (record.paused) return this.#book.skipped(record, firings, { reason: 'paused', running: 0 })
    this.#actors?.of(record).send({ type: 'DUE', fireTimes })
  }

  /** Also when it fires next. */
  #reckon(record: JobRecord): void {
    if (!this.#draining && !record.paused && this.#isHere(record))
      this.#timekeeper.set(record, this.#options.clock.now())
  }

  /** False: it was removed, or is another job by now. */
  #isHere(record: JobRecord): boolean {
    return this.#records.get(record.rules.name) === record
  }

  /** Another process took them out, and this one has not heard of it. */
  #dropGone(records: readonly JobRecord[]): void {
    const here = records.filter((record) => !this.#draining && this.#isHere(record))
    if (here.length === 0) return
    const names = here.map(({ rules }) => rules.name)
    this.#options.logger.warn('jobs were taken out elsewhere: they do not fire any more', { jobs: names })
    void this.refresh(names)
  }

  /** The clock was wrong before: what it said then counts for nothing. */
  #setBack(now: number): void {
    const { logger } = this.#options
    logger.warn('the clock was set back by hours: all fire times are reckoned anew', { now: new Date(now) })
    void this.#rewinder.rewind()
    this.#downUntil = Math.min(this.#downUntil, now)
    this.#waiting.wakeAll()
    for (const record of this.#records.values()) {
      if (record.paused) continue
      // A daemon that waits for its restart gets it now; to one that runs this is nothing.
      if (record.rules.daemon) this.#timekeeper.set(record, now)
      else this.#restartFrom(record, now)
    }
  }

  /** A daemon waits for no fire time; for its restart it may. */
  #restartFrom(record: JobRecord, time: number): void {
    if (record.rules.daemon) return
    record.handed = time
    if (record.config.catchUp === false) this.#due(record, this.#downUntil, { down: true })
    else this.#await(record, record.trigger.next(new Date(time)))
  }

  #await(record: JobRecord, next: Date | undefined): void {
    if (next === undefined) this.#timekeeper.delete(record)
    else this.#timekeeper.set(record, next.getTime())
  }

  /** For whoever looks at the rows. */
  #plan(records: Iterable<JobRecord>): void {
    const { store, logger } = this.#options
    const next = new Map<string, Date | undefined>()
    for (const record of records) {
      const at = record.rules.daemon ? undefined : this.#timekeeper.get(record)
      next.set(record.rules.name, at === undefined ? undefined : new Date(at))
    }
    if (next.size === 0) return
    store.plan(next).catch((error: unknown) => {
      logger.warn('the next fire times of jobs could not be stored', { error })
    })
  }
}
