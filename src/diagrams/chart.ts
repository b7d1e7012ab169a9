import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { invokedText, triggerText, actionsText } from './transition-text.ts'

/** A statechart as it is drawn, whatever draws it: states in states, and arrows between them. */
export interface Chart {
  readonly root: ChartState
  readonly arrows: readonly ChartArrow[]
}

export interface ChartState {
  /** XState's: `indexer.restart.preparing`. */
  readonly id: string
  readonly key: string
  readonly parent: string | undefined
  readonly final: boolean
  /** The actors that run while the machine is in the state. */
  readonly invokes: readonly string[]
  /** What it takes without leaving it: triggers and what is done, those with the same actions together. */
  readonly handles: readonly string[]
  /** The id of the state that it begins in. */
  readonly initial: string | undefined
  readonly states: readonly ChartState[]
}

/** All that leads from one state to the same other one. */
export interface ChartArrow {
  readonly source: string
  readonly target: string
  /** From whichever state inside the source, to one inside of it. */
  readonly inward: boolean
  /** The innermost state that both ends are in; of an inward one, its source. */
  readonly scope: string
  /** In words, one for each transition. */
  readonly triggers: readonly string[]
  /** As XState names them: `xstate.done.actor.work`. An `always` has an empty one. */
  readonly events: readonly string[]
}

/** The same machine always gives the same chart. */
export function chartOf({ root }: AnyStateMachine): Chart {
  return { root: chartState(root), arrows: merged([root, ...descendants(root)].flatMap(arrowsFrom)) }
}

/** All states of a chart, each before those in it. */
export function allStates(state: ChartState): readonly ChartState[] {
  return [state, ...state.states.flatMap(allStates)]
}

function chartState(node: AnyStateNode): ChartState {
  return {
    id: node.id,
    key: node.key,
    parent: node.parent?.id,
    final: node.type === 'final',
    invokes: invokedText(node),
    handles: handledIn(node),
    initial: node.type === 'parallel' ? undefined : node.initial.target[0]?.id,
    states: Object.values(node.states).map(chartState),
  }
}

/** `ADD_JOB` and `REMOVE_JOB` that do the same are one line. */
function handledIn(node: AnyStateNode): string[] {
  const triggers = new Map<string, string[]>()
  for (const transition of transitionsOf(node)) {
    if ((transition.target ?? []).length > 0) continue
    const actions = actionsText(transition)
    triggers.set(actions, [...(triggers.get(actions) ?? []), triggerText(transition)])
  }
  return [...triggers].map(([actions, texts]) => `${texts.join(', ')} / ${actions}`)
}

function arrowsFrom(node: AnyStateNode): ChartArrow[] {
  return transitionsOf(node).flatMap((transition) =>
    (transition.target ?? []).map((target): ChartArrow => {
      const inward = ancestors(target).includes(node)
      return {
        source: node.id,
        target: target.id,
        inward,
        scope: (inward ? node : commonAncestor(node, target)).id,
        triggers: [triggerText(transition)],
        events: [String(transition.eventType)],
      }
    }),
  )
}

function merged(arrows: readonly ChartArrow[]): readonly ChartArrow[] {
  const found = new Map<string, ChartArrow>()
  for (const arrow of arrows) {
    const ends = `${arrow.source} ${arrow.target}`
    const other = found.get(ends)
    found.set(ends, {
      ...arrow,
      triggers: [...(other?.triggers ?? []), ...arrow.triggers],
      events: [...(other?.events ?? []), ...arrow.events],
    })
  }
  return [...found.values()]
}

const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
]

const descendants = (node: AnyStateNode): AnyStateNode[] =>
  Object.values(node.states).flatMap((child) => [child, ...descendants(child)])

const ancestors = ({ parent }: AnyStateNode): AnyStateNode[] =>
  parent === undefined ? [] : [parent, ...ancestors(parent)]

function commonAncestor(one: AnyStateNode, other: AnyStateNode): AnyStateNode {
  const above = ancestors(other)
  return ancestors(one).find((node) => above.includes(node)) ?? one.machine.root
}
