// What the inspector and its page say to each other, as JSON. No imports: the page is compiled without Node's types.
// Times are ms since 1970 by the clock of the root; numbers that may be large, and values of users, are text.

/** How a line is coloured. */
export type Tone = 'plain' | 'dim' | 'good' | 'busy' | 'note' | 'warn' | 'bad'

/** Something that the root emitted, in words. */
export interface ShownEvent {
  /** Counts up, without gaps but for those that were left out under load. */
  readonly n: number
  readonly time: number
  readonly type: string
  readonly mark: string
  readonly tone: Tone
  readonly text: string
  readonly details: readonly string[]
  readonly index?: string
  readonly hook?: string
  readonly job?: string
  readonly firing?: string
}

/** An actor that runs. */
export interface ShownActor {
  readonly id: string
  readonly parent: string | undefined
  /** `index: transfers` */
  readonly name: string
  /** The id of its machine; `pool`: it only keeps children; `work`: a promise. */
  readonly kind: string
  /** The ids of the states that it is in, the innermost last: `indexer.restart`, `indexer.restart.preparing`. */
  readonly states: readonly string[]
  /** When it came into them. */
  readonly since: number
}

/** A machine went from one state to another. */
export interface ShownTransition {
  readonly n: number
  readonly time: number
  readonly actor: string
  readonly name: string
  readonly machine: string
  readonly event: string
  /** Ids of innermost states. */
  readonly from: readonly string[]
  readonly to: readonly string[]
}

export interface ShownIndex {
  readonly name: string
  readonly level: number | undefined
  readonly head: number | undefined
  readonly synchronized: boolean
  readonly orphanedFrom: number | undefined
  /** Levels a second, of the last seconds. */
  readonly rate: number | undefined
  /** ms until the head. */
  readonly timeLeft: number | undefined
  /** Percent of this catching-up. */
  readonly done: number | undefined
}

/** A reorg that was undone. */
export interface ShownRollback {
  readonly n: number
  readonly time: number
  readonly index: string
  readonly fromLevel: number
  readonly toLevel: number
  readonly duration: number
  /** Rows that were put back, changed back, or removed. */
  readonly rows: number
}

export interface ShownLifecycle {
  readonly n: number
  readonly time: number
  readonly state: string
}

export interface ShownJob {
  readonly name: string
  readonly hook: string
  readonly schedule: string
  /** The schedule, as one would say it. */
  readonly words: string
  readonly added: boolean
  readonly paused: boolean
  readonly last: number | undefined
  readonly next: number | undefined
  readonly fired: number
  readonly coalesced: number
  readonly missed: number
  readonly skipped: number
  readonly failed: number
  readonly retried: number
  readonly lastError: string | undefined
}

/** One firing of a job, as the history has it. */
export interface ShownRun {
  readonly fireTime: number
  readonly status: string
  readonly attempt: number
  readonly fireTimes: number
  readonly byHand: boolean
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
  readonly error: string | undefined
}

export interface ShownJobDetails {
  readonly runs: readonly ShownRun[]
  readonly next: readonly number[]
}

/** A durable firing. */
export interface ShownFiring {
  readonly id: string
  readonly hook: string
  readonly args: Readonly<Record<string, string>>
  readonly state: string
  readonly reverting: boolean
  readonly attempts: number
  readonly level: string | undefined
  readonly confirmations: number
  readonly key: string | undefined
  readonly dueAt: number
  readonly error: string | undefined
}

export interface ShownQueue {
  /** The first of them. */
  readonly firings: readonly ShownFiring[]
  readonly counts: readonly { readonly hook: string; readonly state: string; readonly count: number }[]
}

/** How an argument is asked for. `json`: what no simpler field fits. */
export type FieldKind = 'text' | 'number' | 'integer' | 'bigint' | 'boolean' | 'date' | 'choice' | 'json'

export interface Field {
  readonly name: string
  readonly kind: FieldKind
  readonly required: boolean
  readonly nullable: boolean
  /** In the words of its schema. */
  readonly expects: string
  /** Of a choice; as JSON. */
  readonly choices: readonly string[]
  /** As JSON. */
  readonly default: string | undefined
}

export interface ShownHook {
  readonly name: string
  readonly atomic: boolean
  readonly blocking: boolean
  readonly maxConcurrency: number
  readonly attempts: number
  readonly reversible: boolean
  readonly fields: readonly Field[]
}

export interface Project {
  readonly name: string
  readonly version: string
  readonly schema: string
  readonly pid: number
  readonly node: string
  readonly readOnly: boolean
  /** false: what is stored is shown; nothing runs. */
  readonly live: boolean
}

/** Everything, as it is now. Comes first, and again to a viewer that was too slow. */
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
  readonly actors: readonly ShownActor[]
  readonly transitions: readonly ShownTransition[]
  readonly indexes: readonly ShownIndex[]
  readonly rollbacks: readonly ShownRollback[]
  readonly lifecycle: readonly ShownLifecycle[]
  readonly events: readonly ShownEvent[]
  readonly hooks: readonly ShownHook[]
  /** undefined: not read yet. */
  readonly jobs: readonly ShownJob[] | undefined
  readonly queue: ShownQueue | undefined
}

/** What has changed since the message before. What is left out has not. */
export interface ChangesMessage {
  readonly type: 'changes'
  readonly now: number
  readonly state?: string
  readonly problems?: readonly string[]
  /** New ones, and known ones in another state. */
  readonly actors?: readonly ShownActor[]
  readonly actorsGone?: readonly string[]
  readonly transitions?: readonly ShownTransition[]
  readonly indexes?: readonly ShownIndex[]
  readonly indexesGone?: readonly string[]
  readonly rollbacks?: readonly ShownRollback[]
  readonly lifecycle?: readonly ShownLifecycle[]
  readonly events?: readonly ShownEvent[]
  /** Events and transitions that there were too many of. */
  readonly leftOut?: number
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

/** What a viewer asks for: the body of `POST /api/command`. */
export type ViewerCommand =
  | {
      readonly type: 'fireHook'
      readonly hook: string
      /** With the tags of `encodeArguments`: `{ "$pawl": "bigint", "value": "10" }`. */
      readonly args: unknown
      /** Durable. */
      readonly queue?: boolean
    }
  | { readonly type: 'runJob' | 'pauseJob' | 'resumeJob'; readonly job: string }
  | { readonly type: 'retryFiring' | 'dropFiring'; readonly firing: string }
  | { readonly type: 'dryRunRollback'; readonly index: string; readonly toLevel: number }
  | { readonly type: 'stop' }

export interface FieldProblem {
  readonly argument: string
  readonly message: string
}

export interface RollbackPreview {
  readonly index: string
  readonly fromLevel: number
  readonly toLevel: number | null
  readonly droppedFirings: number
  readonly tables: readonly {
    readonly table: string
    readonly restored: number
    readonly changed: number
    readonly removed: number
  }[]
}

export type CommandAnswer =
  | {
      readonly ok: true
      /** Of the firing that was asked for. */
      readonly firing?: string
      readonly rollback?: RollbackPreview
    }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      readonly hint?: string
      /** By argument. */
      readonly problems?: readonly FieldProblem[]
    }
