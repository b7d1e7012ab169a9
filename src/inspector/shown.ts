// What the inspector shows, as JSON. No imports: the page is compiled without Node's types.
// Times are ms since 1970 by the clock of the root; numbers that may be large, and values of users, are text.

/** How a line is coloured. */
export type Tone = 'plain' | 'dim' | 'good' | 'busy' | 'note' | 'warn' | 'bad'

/** Something that the root emitted, in words. */
export interface ShownEvent {
  /** Counts up; with gaps where some were left out. */
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
  /** It has stopped, and why; undefined: it goes on. */
  readonly failure: string | undefined
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
  /** Of each state the first of them. */
  readonly firings: readonly ShownFiring[]
}

/** How many there are. */
export interface ShownCounts {
  readonly jobs: { readonly all: number; readonly paused: number; readonly failing: number }
  /** Durable firings that wait, run, or are dead. */
  readonly queue: readonly { readonly hook: string; readonly state: string; readonly count: number }[]
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
