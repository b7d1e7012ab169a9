import type { ChangesMessage, SnapshotMessage, ViewerMessage } from '../protocol.ts'
import type {
  Project,
  ShownActor,
  ShownCounts,
  ShownEvent,
  ShownHook,
  ShownIndex,
  ShownJob,
  ShownLifecycle,
  ShownQueue,
  ShownRollback,
  ShownTransition,
} from '../shown.ts'
import type { ConnectionState } from './connection.ts'

/** As people count: job_2 before job_10. */
const NAMES = new Intl.Collator('en', { numeric: true })
const inOrder = (jobs: Iterable<ShownJob>): Map<string, ShownJob> =>
  new Map(
    [...jobs].toSorted((one, other) => NAMES.compare(one.name, other.name)).map((job) => [job.name, job]),
  )

const MOST_EVENTS = 1_000
const MOST_TRANSITIONS = 300
/** ms. */
const PACE_OF = 3_000

/** What the page knows. Views read it when they are told that it changed. */
export class Store {
  connection: ConnectionState = 'connecting'
  /** The root has ended: how, and why. */
  ended: { readonly state: string; readonly error: readonly string[] } | undefined
  project: Project | undefined
  state = ''
  since = 0
  problems: readonly string[] = []
  readonly actors = new Map<string, ShownActor>()
  transitions: ShownTransition[] = []
  readonly indexes = new Map<string, ShownIndex>()
  rollbacks: ShownRollback[] = []
  lifecycle: ShownLifecycle[] = []
  /** The newest last. */
  events: ShownEvent[] = []
  hooks: readonly ShownHook[] = []
  /** undefined: not told yet. */
  jobs: Map<string, ShownJob> | undefined
  queue: ShownQueue | undefined
  counts: ShownCounts | undefined
  /** Events a second. */
  pace: number | undefined
  leftOut = 0
  /** Changes that did not come, because this page was too slow. */
  dropped = 0
  #emitted: { readonly time: number; readonly count: number }[] = []
  #offset = 0
  readonly #listeners = new Set<() => void>()
  #drawing = false

  /** ms, by the clock of the root. */
  get now(): number {
    return Date.now() + this.#offset
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  connectionIs(connection: ConnectionState): void {
    this.connection = connection
    this.changed()
  }

  hear(message: ViewerMessage): void {
    this.#offset = message.now - Date.now()
    if (message.type === 'snapshot') this.#start(message)
    else if (message.type === 'changes') this.#change(message)
    else this.ended = { state: message.state, error: message.error }
    this.changed()
  }

  /** At most once a frame, and never while nobody can see it. */
  changed(): void {
    if (this.#drawing) return
    this.#drawing = true
    requestAnimationFrame(() => {
      this.#drawing = false
      for (const listener of this.#listeners) listener()
    })
  }

  /** The first actor of this machine, or of this name. */
  actorOf(machine: string, name?: string): ShownActor | undefined {
    for (const actor of this.actors.values())
      if (actor.kind === machine && (name === undefined || actor.name === name)) return actor
    return undefined
  }

  #start(message: SnapshotMessage): void {
    const { project, state, since, problems, hooks, queue, counts, dropped } = message
    this.ended = undefined
    Object.assign(this, { project, state, since, problems, hooks, queue, counts })
    this.dropped += dropped
    this.leftOut = 0
    refill(this.actors, message.actors, ({ id }) => id)
    refill(this.indexes, message.indexes, ({ name }) => name)
    this.jobs = message.jobs === undefined ? undefined : inOrder(message.jobs)
    this.transitions = [...(message.transitions ?? [])]
    this.rollbacks = [...message.rollbacks]
    this.lifecycle = [...message.lifecycle]
    this.events = [...message.events]
    this.#emitted = []
    this.#count(message)
  }

  #change(message: ChangesMessage): void {
    if (message.problems !== undefined) this.problems = message.problems
    for (const actor of message.actors ?? []) this.actors.set(actor.id, actor)
    for (const id of message.actorsGone ?? []) this.actors.delete(id)
    for (const index of message.indexes ?? []) this.indexes.set(index.name, index)
    for (const name of message.indexesGone ?? []) this.indexes.delete(name)
    if (message.jobs !== undefined) {
      const jobs = this.jobs ?? new Map<string, ShownJob>()
      const before = jobs.size
      for (const job of message.jobs) jobs.set(job.name, job)
      this.jobs = jobs.size > before ? inOrder(jobs.values()) : jobs
      for (const name of message.jobsGone ?? []) this.jobs.delete(name)
    }
    if (message.queue !== undefined) this.queue = message.queue
    if (message.counts !== undefined) this.counts = message.counts
    this.#count(message)
    if (message.lifecycle !== undefined)
      this.lifecycle = [...this.lifecycle, ...message.lifecycle].slice(-100)
    if (message.rollbacks !== undefined)
      this.rollbacks = [...this.rollbacks, ...message.rollbacks].slice(-100)
    if (message.transitions !== undefined)
      this.transitions = [...this.transitions, ...message.transitions].slice(-MOST_TRANSITIONS)
    if (message.events !== undefined) this.events = [...this.events, ...message.events].slice(-MOST_EVENTS)
    if (message.state !== undefined && message.state !== this.state) {
      this.state = message.state
      this.since = this.lifecycle.at(-1)?.time ?? message.now
    }
    this.leftOut += message.leftOut ?? 0
  }

  /** How many a second, of the last seconds. */
  #count({ now, emitted: count }: { readonly now: number; readonly emitted?: number | undefined }): void {
    if (count !== undefined) this.#emitted.push({ time: now, count })
    while (this.#emitted.length > 2 && now - (this.#emitted[1]?.time ?? now) > PACE_OF) this.#emitted.shift()
    const [first, last] = [this.#emitted[0], this.#emitted.at(-1)]
    this.pace =
      first === undefined || last === undefined || now - first.time < 900
        ? undefined
        : ((last.count - first.count) * 1_000) / (now - first.time)
  }
}

function refill<Item>(
  map: Map<string, Item>,
  items: readonly Item[] | undefined,
  keyOf: (item: Item) => string,
): void {
  map.clear()
  for (const item of items ?? []) map.set(keyOf(item), item)
}
