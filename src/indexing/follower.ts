export type AdvanceOutcome =
  | { readonly type: 'head' }
  | { readonly type: 'lastLevel' }
  | { readonly type: 'stopped' }
  | { readonly type: 'reorg'; readonly fromLevel: number; readonly toLevel: number }
