import fc from 'fast-check'

/** A callback of a generated tree of hooks. */
export interface HookNode {
  readonly atomic: boolean
  readonly steps: readonly HookStep[]
  readonly throws: boolean
}

export type HookStep =
  /** Writes a row; 0 stands for a number of its own. */
  | { readonly type: 'write'; readonly row: number }
  /** A statement that fails in a savepoint, and whose error is caught. */
  | { readonly type: 'stumble'; readonly row: number }
  | {
      readonly type: 'fire'
      /** Several are fired at a time. */
      readonly nodes: readonly HookNode[]
      readonly caught: boolean
    }

const { tree } = fc.letrec<{ tree: HookNode; step: HookStep }>((tie) => ({
  tree: fc.record({
    atomic: fc.boolean(),
    steps: fc.array(tie('step'), { maxLength: 4 }),
    throws: fc.boolean().map((throws) => throws),
  }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 3, arbitrary: fc.constant({ type: 'write' as const, row: 0 }) },
    { weight: 1, arbitrary: fc.constant({ type: 'stumble' as const, row: 0 }) },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('fire' as const),
        nodes: fc.array(tie('tree'), { minLength: 1, maxLength: 2 }),
        caught: fc.boolean(),
      }),
    },
  ),
}))

/** Random trees, each of whose writes has a row of its own. */
export const hookTree: fc.Arbitrary<HookNode> = tree.map((root) => {
  let row = 0
  const number = (node: HookNode): HookNode => ({
    ...node,
    steps: node.steps.map((step) =>
      step.type === 'fire' ? { ...step, nodes: step.nodes.map(number) } : { ...step, row: (row += 1) },
    ),
  })
  return number(root)
})

/** What is left of a run: slow, and plain. */
export interface Survivors {
  readonly ok: boolean
  /** Rows that stay if the transaction around it commits. */
  readonly pending: readonly number[]
  /** Rows that stay whatever comes. */
  readonly stored: readonly number[]
}

export function survivors(node: HookNode): Survivors {
  let pending: number[] = []
  const stored: number[] = []
  let ok = true
  for (const step of node.steps) {
    if (step.type === 'stumble') continue
    if (step.type === 'write') {
      ;(node.atomic ? pending : stored).push(step.row)
      continue
    }
    const below = step.nodes.map(survivors)
    for (const outcome of below) {
      stored.push(...outcome.stored)
      ;(node.atomic ? pending : stored).push(...outcome.pending)
    }
    if (!step.caught && below.some((outcome) => !outcome.ok)) {
      ok = false
      break
    }
  }
  if (node.throws) ok = false
  if (!ok) pending = []
  return { ok, pending, stored }
}

/** All that stays when nothing is around it. */
export function finalRows(node: HookNode): readonly number[] {
  const { pending, stored } = survivors(node)
  return [...pending, ...stored].toSorted((a, b) => a - b)
}
