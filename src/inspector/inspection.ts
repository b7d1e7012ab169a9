import { ownVersion } from '../own-package.ts'
import { describeError } from '../text/describe-error.ts'
import type { PawlEvent } from '../events.ts'
import { ActorWatch } from './actor-watch.ts'
import { topicsOf, type Audience, type Changes, type Topic } from './audience.ts'
import { Chronicle } from './chronicle.ts'
import { EventFeed } from './event-feed.ts'
import { IndexWatch } from './index-watch.ts'
import type { Inspected } from './inspected.ts'
import { JobWatch } from './job-watch.ts'
import { PolledValue } from './polled-value.ts'
import type { EndMessage, SnapshotMessage } from './protocol.ts'
import type { Redact } from './redaction.ts'
import { showHooks } from './show-hooks.ts'
import { showCounts, showQueue } from './show-stored.ts'
import type { ShownCounts, ShownHook, ShownQueue } from './shown.ts'
import { StateWatch } from './state-watch.ts'

export interface InspectionOptions {
  readonly inspected: Inspected
  readonly redact: Redact
  readonly readOnly: boolean
}

/**
 * What viewers are told. Of what somebody looks at it watches the actors, reads the jobs and the queue, and finds what has changed
 * since it was asked before; while nobody looks, it only keeps the last events.
 */
export class Inspection {
  readonly #options: InspectionOptions
  readonly #chronicle: Chronicle
  readonly #feed: EventFeed
  readonly #state: StateWatch
  readonly #actors: ActorWatch | undefined
  readonly #indexes: IndexWatch
  readonly #jobs: JobWatch
  readonly #queue: PolledValue<ShownQueue>
  readonly #counts: PolledValue<ShownCounts>
  readonly #hooks: readonly ShownHook[]
  /** What runs only while somebody looks at it. */
  readonly #parts: Readonly<Partial<Record<Topic, { start(): void; stop(): void }>>>
  #topics: ReadonlySet<Topic> = new Set()
  #emitted = 0

  constructor(options: InspectionOptions) {
    const { inspected, redact } = options
    const now = (): number => inspected.now()
    this.#options = options
    this.#chronicle = new Chronicle(now)
    this.#feed = new EventFeed(this.#chronicle, redact)
    this.#state = new StateWatch(inspected)
    this.#actors = inspected.root === undefined ? undefined : new ActorWatch(inspected.root.actor, now)
    this.#indexes = new IndexWatch(() => inspected.indexes(), now, redact)
    this.#jobs = new JobWatch(inspected)
    this.#queue = new PolledValue(() => showQueue(inspected.stored(), redact))
    this.#counts = new PolledValue(() => showCounts(inspected.stored()))
    this.#hooks = showHooks(inspected.hooks)
    this.#parts = {
      ...(this.#actors === undefined ? {} : { actors: this.#actors }),
      indexes: this.#indexes,
      jobs: this.#jobs,
      queue: this.#queue,
    }
    inspected.listen((event) => this.#hear(event))
  }

  get actors(): ActorWatch | undefined {
    return this.#actors
  }

  /** From here on somebody looks at these, and nobody at anything else. */
  attend(audiences: Iterable<Audience>): void {
    const topics = new Set([...audiences].map((audience) => [...topicsOf(audience)]).flat())
    const before = this.#topics
    this.#topics = topics
    if (before.size === 0 && topics.size > 0) this.#start()
    for (const [name, part] of Object.entries(this.#parts)) {
      const topic = name as Topic
      if (topics.has(topic) && !before.has(topic)) part.start()
      if (before.has(topic) && !topics.has(topic)) part.stop()
    }
    if (before.size > 0 && topics.size === 0) this.#stop()
  }

  /** A viewer fires this, and waits to see what comes of it. */
  follow(firing: string): void {
    this.#chronicle.follow(firing)
  }

  /** A change was asked for by a viewer, who waits to see it. */
  expectNews(): void {
    for (const polled of [this.#jobs, this.#queue, this.#counts]) polled.urge()
  }

  snapshot(audience: Audience, dropped: number): SnapshotMessage {
    const { inspected, readOnly } = this.#options
    const { rollbacks, lifecycle, emitted } = this.#chronicle
    const topics = topicsOf(audience)
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
      ...this.#state.all,
      since: lifecycle.at(-1)?.time ?? inspected.now(),
      rollbacks,
      lifecycle,
      hooks: this.#hooks,
      events: this.#feed.all(topics.has('events')),
      counts: this.#counts.value,
      emitted: topics.has('indexes') ? emitted : undefined,
      indexes: topics.has('indexes') ? this.#indexes.all : undefined,
      actors: topics.has('actors') ? (this.#actors?.all() ?? []) : undefined,
      transitions: topics.has('actors') ? (this.#actors?.transitions ?? []) : undefined,
      jobs: topics.has('jobs') ? this.#jobs.all : undefined,
      queue: topics.has('queue') ? this.#queue.value : undefined,
    }
  }

  /** What has changed since it was called before, of all that somebody looks at. */
  changes(): Changes {
    const topics = this.#topics
    const counts = this.#counts.take()
    const queue = this.#queue.take()
    return {
      now: this.#options.inspected.now(),
      ...this.#state.take(),
      ...this.#feed.take(topics.has('events')),
      ...(counts === undefined ? {} : { counts }),
      ...(topics.has('indexes') ? { ...this.#indexes.take(), ...this.#takeEmitted() } : {}),
      ...(topics.has('actors') ? this.#takeActors() : {}),
      ...this.#jobs.take(),
      ...(queue === undefined ? {} : { queue }),
    }
  }

  /** @param reason why, where that is not the root's own yet */
  end(reason: unknown): EndMessage {
    const { root, now } = this.#options.inspected
    const snapshot = root?.actor.getSnapshot() as
      | { readonly context?: { readonly error?: unknown } }
      | undefined
    const error = reason ?? snapshot?.context?.error
    const lines = error === undefined ? undefined : describeError(error)
    return {
      type: 'end',
      now: now(),
      state: lines === undefined ? 'stopped' : 'failed',
      error: lines === undefined ? [] : [...lines.message, ...lines.causes, ...lines.hint],
    }
  }

  #start(): void {
    this.#chronicle.watched = true
    this.#feed.start()
    this.#state.start()
    this.#counts.start()
  }

  #stop(): void {
    this.#chronicle.watched = false
    this.#counts.stop()
  }

  #hear(event: PawlEvent): void {
    this.#chronicle.add(event)
    this.#indexes.hear(event)
    if (this.#topics.size === 0) return
    if (event.type.startsWith('job.')) this.#jobs.hint()
    else if (event.type.startsWith('hook.')) this.#queue.hint()
  }

  #takeEmitted(): { readonly emitted?: number } {
    const { emitted } = this.#chronicle
    if (emitted === this.#emitted) return {}
    this.#emitted = emitted
    return { emitted }
  }

  #takeActors(): Pick<Changes, 'actors' | 'actorsGone' | 'transitions'> {
    const { actors = [], gone = [], transitions = [] } = this.#actors?.take() ?? {}
    return {
      ...(actors.length === 0 ? {} : { actors }),
      ...(gone.length === 0 ? {} : { actorsGone: gone }),
      ...(transitions.length === 0 ? {} : { transitions }),
    }
  }
}
