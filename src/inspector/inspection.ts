import { ownVersion } from '../own-package.ts'
import { ProgressMeter, type Progress } from '../text/progress.ts'
import { describeError } from '../text/describe-error.ts'
import type { PawlEvent } from '../events.ts'
import { ActorWatch } from './actor-watch.ts'
import { ChangesOf } from './changes-of.ts'
import { Chronicle } from './chronicle.ts'
import { fieldsOf } from './form-fields.ts'
import { whyNotReady } from './health.ts'
import type { Inspected } from './inspected.ts'
import { Polled } from './polled.ts'
import type {
  ChangesMessage,
  EndMessage,
  ShownEvent,
  ShownHook,
  ShownIndex,
  ShownJob,
  ShownQueue,
  SnapshotMessage,
} from './protocol.ts'
import type { Redact } from './redaction.ts'
import { showEvent } from './show-event.ts'
import { showFiring, showJob } from './show-stored.ts'

/** More jobs than a person scrolls through. */
const MOST_JOBS = 5_000
const MOST_FIRINGS = 200
/** In one message. */
const MOST_EVENTS = 100

export interface InspectionOptions {
  readonly inspected: Inspected
  readonly redact: Redact
  readonly readOnly: boolean
}

/**
 * What viewers are told. While somebody looks it watches the actors, reads the jobs and the queue, and finds what has changed
 * since it was asked before; while nobody does, it only keeps the last events.
 */
export class Inspection {
  readonly #inspected: Inspected
  readonly #options: InspectionOptions
  readonly #chronicle: Chronicle
  readonly #actors: ActorWatch | undefined
  readonly #indexes = new ChangesOf<ShownIndex>()
  readonly #jobs = new ChangesOf<ShownJob>()
  readonly #meters = new Map<string, { readonly meter: ProgressMeter; progress: Progress }>()
  readonly #polledJobs: Polled<readonly ShownJob[]>
  readonly #polledQueue: Polled<ShownQueue>
  readonly #hooks: readonly ShownHook[]
  /** Told so far, to those who look. */
  #told = { events: 0, rollbacks: 0, lifecycle: 0, state: '', problems: '', queue: '' }
  #newJobs: Pick<ChangesMessage, 'jobs' | 'jobsGone'> = {}
  #jobsRead = false
  #queue: ShownQueue | undefined
  #watching = false

  constructor(options: InspectionOptions) {
    const { inspected } = options
    this.#options = options
    this.#inspected = inspected
    this.#chronicle = new Chronicle(() => inspected.now())
    this.#actors =
      inspected.root === undefined ? undefined : new ActorWatch(inspected.root.actor, () => inspected.now())
    this.#hooks = Object.entries(inspected.hooks).map(([name, hook]) => ({
      name,
      atomic: hook.atomic,
      blocking: hook.blocking,
      maxConcurrency: hook.maxConcurrency,
      attempts: hook.retry.attempts,
      reversible: hook.onReverted !== undefined,
      fields: fieldsOf(hook.args),
    }))
    this.#polledJobs = new Polled(
      () => this.#readJobs(),
      (jobs) => this.#gotJobs(jobs),
    )
    this.#polledQueue = new Polled(
      () => this.#readQueue(),
      (queue) => void (this.#queue = queue),
    )
    inspected.listen((event) => this.#hear(event))
  }

  get actors(): ActorWatch | undefined {
    return this.#actors
  }

  /** Somebody looks. */
  start(): void {
    this.#watching = true
    this.#chronicle.watched = true
    this.#actors?.start()
    this.#told = {
      events: this.#chronicle.last,
      rollbacks: this.#chronicle.rollbacks.at(-1)?.n ?? 0,
      lifecycle: this.#chronicle.lifecycle.at(-1)?.n ?? 0,
      state: this.#inspected.state(),
      problems: JSON.stringify(this.#problems()),
      queue: '',
    }
    this.#indexes.take(this.#shownIndexes())
    this.#polledJobs.start()
    this.#polledQueue.start()
  }

  /** Nobody looks any more. */
  stop(): void {
    this.#watching = false
    this.#chronicle.watched = false
    this.#actors?.stop()
    this.#polledJobs.stop()
    this.#polledQueue.stop()
    this.#meters.clear()
    this.#indexes.forget()
    this.#jobs.forget()
    this.#jobsRead = false
    this.#newJobs = {}
    this.#queue = undefined
  }

  /** A change was asked for by a viewer, who waits to see it. */
  expectNews(): void {
    this.#polledJobs.hint()
    this.#polledQueue.hint()
  }

  snapshot(dropped: number): SnapshotMessage {
    const { inspected, readOnly } = this.#options
    const chronicle = this.#chronicle
    return {
      type: 'snapshot',
      protocol: 1,
      now: inspected.now(),
      dropped,
      project: {
        name: inspected.name,
        version: ownVersion(),
        schema: inspected.schema,
        pid: process.pid,
        node: process.version,
        readOnly,
        live: inspected.root !== undefined,
      },
      state: inspected.state(),
      since: chronicle.lifecycle.at(-1)?.time ?? inspected.now(),
      problems: this.#problems(),
      actors: this.#actors?.all() ?? [],
      transitions: this.#actors?.transitions ?? [],
      indexes: this.#shownIndexes(),
      rollbacks: chronicle.rollbacks,
      lifecycle: chronicle.lifecycle,
      events: this.#showEvents(0),
      hooks: this.#hooks,
      jobs: this.#jobsRead ? this.#jobs.items : undefined,
      queue: this.#queue,
    }
  }

  /** What has changed since it was called before; undefined: nothing. */
  changes(): ChangesMessage | undefined {
    const changes: { -readonly [Key in keyof ChangesMessage]: ChangesMessage[Key] } = {
      type: 'changes',
      now: this.#inspected.now(),
    }
    this.#addState(changes)
    this.#addActors(changes)
    this.#addEvents(changes)
    const indexes = this.#indexes.take(this.#shownIndexes())
    if (indexes !== undefined) Object.assign(changes, { indexes: indexes.changed, indexesGone: indexes.gone })
    Object.assign(changes, this.#newJobs)
    this.#newJobs = {}
    const queue = this.#queue
    const queueText = JSON.stringify(queue)
    if (queue !== undefined && queueText !== this.#told.queue) {
      this.#told.queue = queueText
      changes.queue = queue
    }
    return Object.keys(changes).length > 2 ? changes : undefined
  }

  /** @param reason why, where that is not the root's own yet */
  end(reason: unknown): EndMessage {
    const snapshot = this.#inspected.root?.actor.getSnapshot() as
      | { readonly context?: { readonly error?: unknown } }
      | undefined
    const error = reason ?? snapshot?.context?.error
    const lines = error === undefined ? undefined : describeError(error)
    return {
      type: 'end',
      now: this.#inspected.now(),
      state: lines === undefined ? 'stopped' : 'failed',
      error: lines === undefined ? [] : [...lines.message, ...lines.causes, ...lines.hint],
    }
  }

  #hear(event: PawlEvent): void {
    this.#chronicle.add(event)
    if (!this.#watching) return
    if (event.type === 'index.progress') this.#measure(event)
    else if (event.type === 'index.rolledBack') this.#meters.delete(event.index)
    else if (event.type.startsWith('job.')) this.#polledJobs.hint()
    else if (event.type.startsWith('hook.')) this.#polledQueue.hint()
  }

  #measure(event: Extract<PawlEvent, { type: 'index.progress' }>): void {
    const { meter } = this.#meters.get(event.index) ?? { meter: new ProgressMeter() }
    this.#meters.set(event.index, { meter, progress: meter.add(event, this.#inspected.now()) })
  }

  #shownIndexes(): readonly ShownIndex[] {
    return Object.values(this.#inspected.indexes()).map((status) => {
      const { rate, timeLeft, done } = this.#meters.get(status.name)?.progress ?? {}
      const { name, level, head, synchronized, orphanedFrom } = status
      return {
        name,
        level,
        head,
        synchronized,
        orphanedFrom,
        rate: rounded(rate),
        timeLeft: synchronized ? undefined : rounded(timeLeft),
        done,
      }
    })
  }

  #problems(): readonly string[] {
    return whyNotReady({ state: this.#inspected.state(), indexes: this.#inspected.indexes() })
  }

  #addState(changes: { state?: string; problems?: readonly string[] }): void {
    const state = this.#inspected.state()
    if (state !== this.#told.state) changes.state = this.#told.state = state
    const problems = this.#problems()
    const text = JSON.stringify(problems)
    if (text === this.#told.problems) return
    this.#told.problems = text
    changes.problems = problems
  }

  #addActors(changes: Partial<ChangesMessage>): void {
    const { actors = [], gone = [], transitions = [], leftOut = 0 } = this.#actors?.take() ?? {}
    Object.assign(
      changes,
      actors.length === 0 ? {} : { actors },
      gone.length === 0 ? {} : { actorsGone: gone },
      transitions.length === 0 ? {} : { transitions },
      leftOut === 0 ? {} : { leftOut },
    )
  }

  #addEvents(changes: Partial<ChangesMessage>): void {
    const chronicle = this.#chronicle
    const told = this.#told
    const events = this.#showEvents(told.events)
    const leftOut = (changes.leftOut ?? 0) + Math.max(0, chronicle.last - told.events - MOST_EVENTS)
    const rollbacks = chronicle.rollbacks.filter(({ n }) => n > told.rollbacks)
    const lifecycle = chronicle.lifecycle.filter(({ n }) => n > told.lifecycle)
    Object.assign(
      changes,
      events.length === 0 ? {} : { events },
      leftOut === 0 ? {} : { leftOut },
      rollbacks.length === 0 ? {} : { rollbacks },
      lifecycle.length === 0 ? {} : { lifecycle },
    )
    told.events = chronicle.last
    told.rollbacks = rollbacks.at(-1)?.n ?? told.rollbacks
    told.lifecycle = lifecycle.at(-1)?.n ?? told.lifecycle
  }

  #showEvents(after: number): readonly ShownEvent[] {
    const noted = this.#chronicle.since(after)
    // The first look at them may have more.
    const events = after === 0 ? noted : noted.slice(-MOST_EVENTS)
    return events.flatMap((event) => showEvent(event, this.#options.redact) ?? [])
  }

  async #readJobs(): Promise<readonly ShownJob[] | undefined> {
    const jobs = await this.#inspected.stored()?.jobs.list()
    return jobs
      ?.slice(0, MOST_JOBS)
      .map((job) => showJob(job, (schedule) => this.#inspected.explain(schedule)))
  }

  #gotJobs(jobs: readonly ShownJob[]): void {
    const changes = this.#jobs.take(jobs)
    const isFirst = !this.#jobsRead
    this.#jobsRead = true
    if (changes === undefined && !isFirst) return
    const { changed = [], gone = [] } = changes ?? {}
    const { jobs: waiting = [], jobsGone = [] } = this.#newJobs
    this.#newJobs = { jobs: [...waiting, ...changed], jobsGone: [...jobsGone, ...gone] }
  }

  async #readQueue(): Promise<ShownQueue | undefined> {
    const stored = this.#inspected.stored()
    if (stored === undefined) return undefined
    const [firings, counts] = await Promise.all([stored.firings(MOST_FIRINGS), stored.firingCounts()])
    return { firings: firings.map((firing) => showFiring(firing, this.#options.redact)), counts }
  }
}

/** Else each look would find another number. */
const rounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : value < 10 ? Math.round(value * 10) / 10 : Math.round(value)
