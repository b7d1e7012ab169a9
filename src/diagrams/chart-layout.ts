import type { ArrowPath } from './arrow-path.ts'

/** A statechart with every box, arrow and line of text in its place: px, from the top left of the whole. */
export interface ChartLayout {
  readonly machine: string
  readonly width: number
  readonly height: number
  /** Each before those in it. */
  readonly nodes: readonly LaidOutNode[]
  readonly edges: readonly LaidOutEdge[]
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface LaidOutNode extends Box {
  /** XState's id of the state; of an `initial` or `any`, that of the state it is in with `.$initial` or `.$any`. */
  readonly id: string
  readonly label: string
  /** `initial`: the dot where a state begins. `any`: stands for whichever state inside of its parent. */
  readonly kind: 'state' | 'compound' | 'final' | 'initial' | 'any'
  readonly parent: string | undefined
  readonly texts: readonly LaidOutText[]
  /** Where what it handles is set off from its name: a horizontal line at this y. */
  readonly rule: number | undefined
}

export interface LaidOutText {
  readonly text: string
  readonly kind: 'title' | 'invokes' | 'handles'
  /** Of its middle, or of its begin for `handles`. */
  readonly x: number
  /** Of its baseline. */
  readonly y: number
}

export interface LaidOutEdge extends ArrowPath {
  readonly id: string
  /** The ids of nodes. */
  readonly source: string
  readonly target: string
  /** As XState names them; empty for an `always`. */
  readonly events: readonly string[]
  /** In words, one a transition. */
  readonly label: readonly string[]
  /** From the source's border to the target's. */
  readonly points: readonly { readonly x: number; readonly y: number }[]
  /** Where the label is, and its lines. */
  readonly labelBox: (Box & { readonly lines: readonly string[] }) | undefined
}
