// What the inspector and its page say to each other, as JSON. The page is compiled without Node's types, and so is what is imported here.
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
} from './shown.ts'

/** What a viewer looks at: `GET /api/stream?view=charts`. Of what no view shows, nothing is collected or sent. */
export const VIEWS = ['overview', 'charts', 'actors', 'jobs', 'hooks', 'events'] as const

export type ViewName = (typeof VIEWS)[number]

/** Everything that the view shows, as it is now. Comes first, and again to a viewer that was too slow. */
export interface SnapshotMessage {
  readonly type: 'snapshot'
  readonly protocol: 1
  readonly now: number
  /** Changes that this viewer did not get, because it was too slow. */
  readonly dropped: number
  readonly project: Project
  readonly state: string
  readonly since: number
  readonly problems: readonly string[]
  readonly rollbacks: readonly ShownRollback[]
  readonly lifecycle: readonly ShownLifecycle[]
  readonly hooks: readonly ShownHook[]
  /** The last of them. */
  readonly events: readonly ShownEvent[]
  /** undefined, here and below: not read yet, or not of this view. */
  readonly counts: ShownCounts | undefined
  readonly emitted: number | undefined
  readonly indexes: readonly ShownIndex[] | undefined
  readonly actors: readonly ShownActor[] | undefined
  readonly transitions: readonly ShownTransition[] | undefined
  readonly jobs: readonly ShownJob[] | undefined
  readonly queue: ShownQueue | undefined
}

/** What has changed since the message before. What is left out has not. */
export interface ChangesMessage {
  readonly type: 'changes'
  readonly now: number
  readonly state?: string
  readonly problems?: readonly string[]
  readonly rollbacks?: readonly ShownRollback[]
  readonly lifecycle?: readonly ShownLifecycle[]
  /** To views that do not show them, only those that a person has to know of. */
  readonly events?: readonly ShownEvent[]
  /** Events that there were too many of to read. */
  readonly leftOut?: number
  readonly counts?: ShownCounts
  /** Events of the root since its start. */
  readonly emitted?: number
  readonly indexes?: readonly ShownIndex[]
  readonly indexesGone?: readonly string[]
  /** New ones, and known ones in another state. */
  readonly actors?: readonly ShownActor[]
  readonly actorsGone?: readonly string[]
  /** The last of each machine. */
  readonly transitions?: readonly ShownTransition[]
  readonly jobs?: readonly ShownJob[]
  readonly jobsGone?: readonly string[]
  readonly queue?: ShownQueue
}

/** The root has ended, and with it this server. */
export interface EndMessage {
  readonly type: 'end'
  readonly now: number
  readonly state: string
  readonly error: readonly string[]
}

export type ViewerMessage = SnapshotMessage | ChangesMessage | EndMessage
