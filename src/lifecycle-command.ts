import type { IndexConfig } from './config/config.ts'
import type { ReindexOptions } from './hooks/lifecycle-control.ts'

/** What the root takes to change its indexes while it runs; the outcome is told by events. */
export type IndexChange =
  /** Follow one more: see `ctx.addIndex`. Told by `index.added`, or `index.refused`. */
  | { readonly type: 'ADD_INDEX'; readonly index: string; readonly config: IndexConfig }
  /** End one at its next level boundary: see `ctx.removeIndex`. Told by `index.removed`, or `index.refused`. */
  | { readonly type: 'REMOVE_INDEX'; readonly index: string }

/** Wipe what was indexed (immune tables stay), and start again. */
export interface ReindexCommand extends ReindexOptions {
  readonly type: 'REINDEX'
}
