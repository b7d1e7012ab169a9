// What viewers ask for, and what they are answered. No imports: the page is compiled without Node's types.

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
